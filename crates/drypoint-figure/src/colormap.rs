//! Named colour maps. The tables are data with their sources named in `assets/colormaps/colormaps.txt`
//! (decision 0011); a map is looked up and sampled, never computed, so that it is the published one to the bit.

use crate::{Color, FigureError, Result};

const TABLES: &str = include_str!("../assets/colormaps/colormaps.txt");

/// Colours from the low end to the high end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColorMap {
    colors: Vec<Color>,
}

impl ColorMap {
    /// The names of the maps; each is also there reversed, as `name_r`.
    pub fn names() -> impl Iterator<Item = &'static str> {
        tables().map(|(name, _)| name)
    }

    /// The map of that name, in any case, reversed if the name ends in `_r`. `gray`, `grays` and `grey` mean `greys`.
    ///
    /// # Errors
    /// [`FigureError::UnknownColorMap`] with the nearest name.
    pub fn named(name: &str) -> Result<Self> {
        let folded = name.trim().to_ascii_lowercase();
        let (base, reversed) = match folded.strip_suffix("_r") {
            Some(base) => (base, true),
            None => (folded.as_str(), false),
        };
        let base = if matches!(base, "gray" | "grays" | "grey") { "greys" } else { base };
        let map = tables().find(|(name, _)| *name == base).map(|(_, digits)| Self { colors: read(digits) });
        match map {
            Some(map) if reversed => Ok(map.reversed()),
            Some(map) => Ok(map),
            None => Err(FigureError::UnknownColorMap {
                name: name.to_string(),
                nearest: drypoint_stream::nearest(base, Self::names())
                    .map(|nearest| if reversed { nearest + "_r" } else { nearest }),
            }),
        }
    }

    /// A map through `colors`, evenly spaced, interpolated in sRGB. One colour gives a flat map.
    ///
    /// # Errors
    /// [`FigureError::NoColors`] if there are none.
    pub fn from_colors(colors: Vec<Color>) -> Result<Self> {
        if colors.is_empty() { Err(FigureError::NoColors) } else { Ok(Self { colors }) }
    }

    /// A name, or colours with commas between (`"white, #08f, navy"`).
    ///
    /// # Errors
    /// As [`ColorMap::named`] and [`Color::parse`].
    pub fn parse(text: &str) -> Result<Self> {
        if !text.contains(',') && !text.trim_start().starts_with('#') {
            return Self::named(text);
        }
        Self::from_colors(text.split(',').map(Color::parse).collect::<Result<_>>()?)
    }

    /// The same map from the high end to the low end.
    pub fn reversed(mut self) -> Self {
        self.colors.reverse();
        self
    }

    /// The colour at `t`, 0 the low end and 1 the high end.
    pub fn at(&self, t: f64) -> Color {
        let place = t.clamp(0.0, 1.0) * (self.colors.len() - 1) as f64;
        let low = place.floor() as usize;
        let high = (low + 1).min(self.colors.len() - 1);
        self.colors[low].mix(self.colors[high], place - low as f64)
    }

    /// `count` colours, the first and the last of them the ends of the map.
    pub fn sample(&self, count: usize) -> Vec<Color> {
        let last = count.saturating_sub(1).max(1) as f64;
        (0..count).map(|index| self.at(index as f64 / last)).collect()
    }
}

fn tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

fn read(digits: &str) -> Vec<Color> {
    let nibble = |byte: u8| u32::from(if byte > b'9' { byte - b'a' + 10 } else { byte - b'0' });
    let value = |chunk: &[u8]| chunk.iter().fold(0, |value, byte| value << 4 | nibble(*byte));
    digits.as_bytes().chunks_exact(6).map(|chunk| Color::hex(value(chunk))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_map_has_256_colours() {
        for name in ColorMap::names() {
            let map = ColorMap::named(name).unwrap();
            assert_eq!(map.colors.len(), 256, "{name}");
            let mut back = ColorMap::named(&format!("{name}_r")).unwrap().colors;
            back.reverse();
            assert_eq!(map.colors, back, "{name}");
        }
        assert!(ColorMap::names().count() >= 18);
    }

    #[test]
    fn published_ends() {
        let ends = |name: &str| {
            let map = ColorMap::named(name).unwrap();
            (map.at(0.0).to_string(), map.at(1.0).to_string())
        };
        assert_eq!(ends("viridis"), ("#440154".into(), "#fde725".into()));
        assert_eq!(ends("inferno"), ("#000004".into(), "#fcffa4".into()));
        assert_eq!(ends("turbo_r"), ("#7a0403".into(), "#30123b".into()));
        assert_eq!(ends("Gray_R"), ("#000000".into(), "#ffffff".into()));
    }

    #[test]
    fn a_wrong_name_finds_its_neighbour() {
        let message = ColorMap::named("virdis_r").unwrap_err().to_string();
        assert!(message.contains("\"viridis_r\""), "{message}");
        assert!(matches!(ColorMap::parse("white, nocolour"), Err(FigureError::BadColor { .. })));
    }

    #[test]
    fn lists_are_interpolated() {
        let map = ColorMap::parse("black, white").unwrap();
        assert_eq!(map.sample(3)[1], Color::rgb(128, 128, 128));
        assert_eq!(ColorMap::parse("#123456").unwrap().sample(2), vec![Color::hex(0x123456); 2]);
        assert!(ColorMap::from_colors(Vec::new()).is_err());
    }
}
