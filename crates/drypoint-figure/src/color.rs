//! sRGB colours and how they are written.

use std::fmt;
use std::str::FromStr;

use crate::{FigureError, Result};

const CSS: &str = include_str!("../assets/css-colors.txt");

/// An sRGB colour with straight (not premultiplied) alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// 0 is transparent, 255 opaque.
    pub a: u8,
}

impl Color {
    /// Nothing to see.
    pub const TRANSPARENT: Color = Color { r: 0, g: 0, b: 0, a: 0 };

    /// An opaque colour.
    pub const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b, a: 255 }
    }

    /// An opaque colour from `0xrrggbb`.
    pub const fn hex(value: u32) -> Self {
        Self::rgb((value >> 16) as u8, (value >> 8) as u8, value as u8)
    }

    /// `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa` or one of the 148 CSS names, in any case.
    ///
    /// # Errors
    /// [`FigureError::BadColor`] with the nearest name.
    pub fn parse(text: &str) -> Result<Self> {
        let folded = text.trim().to_ascii_lowercase();
        let found = match folded.strip_prefix('#') {
            Some(digits) => from_digits(digits),
            None if folded == "transparent" => Some(Self::TRANSPARENT),
            None => css().find(|(name, _)| *name == folded).and_then(|(_, digits)| from_digits(digits)),
        };
        found.ok_or_else(|| FigureError::BadColor {
            text: text.to_string(),
            nearest: drypoint_stream::nearest(&folded, css().map(|(name, _)| name)),
        })
    }

    /// The colour at `t` between `self` (0) and `other` (1), by straight interpolation of the sRGB values.
    pub fn mix(self, other: Color, t: f64) -> Self {
        let t = t.clamp(0.0, 1.0);
        let channel = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * t).round() as u8;
        Self {
            r: channel(self.r, other.r),
            g: channel(self.g, other.g),
            b: channel(self.b, other.b),
            a: channel(self.a, other.a),
        }
    }

    /// `self` laid over an opaque `under`.
    pub fn over(self, under: Color) -> Self {
        Self { a: 255, ..under.mix(Color { a: under.a, ..self }, f64::from(self.a) / 255.0) }
    }
}

fn css() -> impl Iterator<Item = (&'static str, &'static str)> {
    CSS.lines().filter_map(|line| line.split_once(" #"))
}

fn from_digits(digits: &str) -> Option<Color> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let wide = |shift: u32| ((value >> shift & 15) * 17) as u8;
    let byte = |shift: u32| (value >> shift) as u8;
    match digits.len() {
        3 => Some(Color::rgb(wide(8), wide(4), wide(0))),
        4 => Some(Color { r: wide(12), g: wide(8), b: wide(4), a: wide(0) }),
        6 => Some(Color::hex(value)),
        8 => Some(Color { r: byte(24), g: byte(16), b: byte(8), a: byte(0) }),
        _ => None,
    }
}

impl FromStr for Color {
    type Err = FigureError;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b)?;
        if self.a == 255 { Ok(()) } else { write!(f, "{:02x}", self.a) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_names() {
        assert_eq!(Color::parse("#f80").unwrap(), Color::rgb(255, 136, 0));
        assert_eq!(Color::parse("#ff880080").unwrap(), Color { r: 255, g: 136, b: 0, a: 128 });
        assert_eq!(Color::parse(" RebeccaPurple ").unwrap(), Color::hex(0x663399));
        assert_eq!(Color::parse("transparent").unwrap().a, 0);
        assert_eq!(css().count(), 148);
        assert!(css().all(|(_, digits)| from_digits(digits).is_some()));
    }

    #[test]
    fn what_is_no_colour_says_so() {
        for text in ["", "#", "#12", "#12345", "#+12345", "#é1", "rgb(1,2,3)", "#123456789"] {
            assert!(matches!(Color::parse(text), Err(FigureError::BadColor { .. })), "{text}");
        }
        let message = Color::parse("crimsn").unwrap_err().to_string();
        assert!(message.contains("\"crimson\""), "{message}");
    }

    #[test]
    fn shown_as_it_is_parsed() {
        for text in ["#01020304", "#a1b2c3"] {
            assert_eq!(Color::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn over_a_ground() {
        let half = Color { r: 255, g: 0, b: 0, a: 128 };
        assert_eq!(half.over(Color::rgb(255, 255, 255)), Color::rgb(255, 127, 127));
        assert_eq!(Color::TRANSPARENT.over(Color::hex(0x123456)), Color::hex(0x123456));
    }
}
