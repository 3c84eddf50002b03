//! What becomes of a colour that is laid over another: the operators of Datashader's `composite`, and multiplying.
//! Colours have straight alpha; sums are rounded to the nearest step, where Datashader cuts them off.

use std::str::FromStr;

use crate::{Color, FigureError};

/// A way of laying one colour over another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blend {
    /// The upper one hides the lower one as far as it is opaque (Porter and Duff).
    Over,
    /// Both are added as far as they are opaque.
    Add,
    /// The upper one adds what opacity the lower one leaves.
    Saturate,
    /// The product of both, as far as both are opaque: two filters before a light.
    Multiply,
    /// The upper one where there is anything in it.
    Source,
}

impl Blend {
    const ALL: [(Blend, &'static str); 5] = [
        (Blend::Over, "over"),
        (Blend::Add, "add"),
        (Blend::Saturate, "saturate"),
        (Blend::Multiply, "multiply"),
        (Blend::Source, "source"),
    ];

    /// The colour of `upper` laid over `lower`.
    #[inline]
    pub fn lay(self, upper: Color, lower: Color) -> Color {
        if upper.a == 0 || (self == Blend::Source && upper.a > 0) {
            return if upper.a == 0 { lower } else { upper };
        }
        let (above, below) = (f64::from(upper.a) / 255.0, f64::from(lower.a) / 255.0);
        let channels = [(upper.r, lower.r), (upper.g, lower.g), (upper.b, lower.b)]
            .map(|(upper, lower)| (f64::from(upper), f64::from(lower)));
        let (alpha, mixed) = match self {
            Blend::Over => {
                let through = below * (1.0 - above);
                (above + through, channels.map(|(u, l)| u * above + l * through))
            }
            Blend::Add | Blend::Source => {
                ((above + below).min(1.0), channels.map(|(u, l)| u * above + l * below))
            }
            Blend::Saturate => {
                let share = above.min(1.0 - below);
                ((above + below).min(1.0), channels.map(|(u, l)| u * share + l * below))
            }
            Blend::Multiply => {
                let both = above * below;
                let sum = |(u, l): (f64, f64)| u * (above - both) + l * (below - both) + u * l / 255.0 * both;
                (above + below - both, channels.map(sum))
            }
        };
        let [r, g, b] = mixed.map(|value| (value / alpha).round().min(255.0) as u8);
        Color { r, g, b, a: (255.0 * alpha).round() as u8 }
    }
}

impl FromStr for Blend {
    type Err = FigureError;

    fn from_str(name: &str) -> Result<Self, FigureError> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(blend, _)| blend).ok_or_else(|| {
            FigureError::UnknownBlend {
                name: name.to_string(),
                nearest: drypoint_stream::nearest(name, Self::ALL.into_iter().map(|(_, known)| known)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Color = Color { r: 255, g: 0, b: 0, a: 128 };
    const BLUE: Color = Color { r: 0, g: 0, b: 200, a: 255 };

    #[test]
    fn an_empty_colour_changes_nothing() {
        for (blend, name) in Blend::ALL {
            assert_eq!(name.parse::<Blend>().unwrap(), blend);
            assert_eq!(blend.lay(Color::TRANSPARENT, RED), RED);
            assert_eq!(blend.lay(RED, Color::TRANSPARENT), RED);
        }
    }

    #[test]
    fn each_way_by_hand() {
        assert_eq!(Blend::Over.lay(RED, BLUE), Color { r: 128, g: 0, b: 100, a: 255 });
        assert_eq!(Blend::Add.lay(RED, BLUE), Color { r: 128, g: 0, b: 200, a: 255 });
        assert_eq!(Blend::Saturate.lay(RED, BLUE), BLUE);
        assert_eq!(Blend::Source.lay(RED, BLUE), RED);
        // Half of the light is filtered red, of which blue leaves nothing; the other half stays blue.
        assert_eq!(Blend::Multiply.lay(RED, BLUE), Color { r: 0, g: 0, b: 100, a: 255 });
        assert!("ovr".parse::<Blend>().unwrap_err().to_string().contains("\"over\""));
    }
}
