//! Colours that tell categories apart.
//!
//! The first ten are M. Petroff's accessible sequence (arXiv:2107.02270, CC0): chosen for the three common kinds of
//! colour blindness and ordered by preference. Past ten, hues by the golden angle at alternating lightness; nobody
//! tells thirty colours apart, but neighbours in the list stay distinct.

use crate::Color;

const TEN: [u32; 10] =
    [0x3f90da, 0xffa90e, 0xbd1f01, 0x94a4a2, 0x832db6, 0xa96b59, 0xe76300, 0xb9ac70, 0x717581, 0x92dadd];

/// `count` colours for categories; a longer list begins with the shorter one.
pub fn categorical(count: usize) -> Vec<Color> {
    (0..count)
        .map(|index| TEN.get(index).map_or_else(|| generated(index - TEN.len()), |hex| Color::hex(*hex)))
        .collect()
}

fn generated(index: usize) -> Color {
    const GOLDEN_ANGLE: f64 = 137.507_764;
    let lightness = [0.60, 0.73, 0.47][index % 3];
    let chroma = [0.14, 0.13, 0.12][index % 3];
    from_oklch(lightness, chroma, (145.0 + index as f64 * GOLDEN_ANGLE) % 360.0)
}

/// B. Ottosson's OKLab, clipped to sRGB.
fn from_oklch(lightness: f64, chroma: f64, hue_degrees: f64) -> Color {
    let (sin, cos) = hue_degrees.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    let channel = |linear: f64| {
        let linear = linear.clamp(0.0, 1.0);
        let value =
            if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
        (255.0 * value).round() as u8
    };
    Color::rgb(
        channel(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
        channel(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
        channel(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_colours_are_distinct_and_stable() {
        let colors = categorical(30);
        assert_eq!(colors[..7], categorical(7)[..]);
        for (index, color) in colors.iter().enumerate() {
            let distance = |other: &Color| {
                let part = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
                part(color.r, other.r) + part(color.g, other.g) + part(color.b, other.b)
            };
            assert!(colors[..index].iter().all(|other| distance(other) > 100), "{index} {color}");
        }
    }
}
