//! Lines of text in the embedded font: shaped, measured, shortened.
//!
//! The font travels with the library (decision 0010), so a figure has the same margins and the same pixels on every
//! machine. What the font has no glyph for shows its replacement box.

use std::sync::OnceLock;

use rustybuzz::ttf_parser::{GlyphId, OutlineBuilder, Tag};
use rustybuzz::{Face, Feature, UnicodeBuffer};

const REGULAR: &[u8] = include_bytes!("../assets/fonts/Inter-Regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("../assets/fonts/Inter-SemiBold.ttf");

/// Longer texts are cut before they are shaped: no figure shows more.
const MOST_CHARS: usize = 500;

/// The two weights of the embedded font.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weight {
    /// Labels, ticks, captions.
    Regular,
    /// Titles.
    SemiBold,
}

impl Weight {
    /// The font file.
    pub(crate) fn data(self) -> &'static [u8] {
        match self {
            Weight::Regular => REGULAR,
            Weight::SemiBold => SEMIBOLD,
        }
    }

    /// The parsed font.
    pub(crate) fn face(self) -> &'static Face<'static> {
        static FACES: OnceLock<[Face<'static>; 2]> = OnceLock::new();
        let parse = |data| Face::from_slice(data, 0).expect("the font is embedded, every test parses it");
        &FACES.get_or_init(|| [parse(REGULAR), parse(SEMIBOLD)])[self as usize]
    }

    /// The name to give in documents.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Weight::Regular => "Inter-Regular",
            Weight::SemiBold => "Inter-SemiBold",
        }
    }

    /// The outline of a glyph in font units, y upward.
    pub(crate) fn outline(self, glyph: u16, builder: &mut dyn OutlineBuilder) {
        self.face().outline_glyph(GlyphId(glyph), builder);
    }
}

/// One glyph, in font units from the start of its line, y upward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyph {
    /// Its place in the font.
    pub id: u16,
    /// Right of the start of the line.
    pub x: i32,
    /// Above the baseline.
    pub y: i32,
    /// Its width.
    pub advance: i32,
    /// The byte of the text that it begins at.
    pub cluster: usize,
}

/// A shaped line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it says.
    pub text: String,
    /// The weight it is set in.
    pub weight: Weight,
    /// The size of the em square, in units of the figure.
    pub size: f32,
    /// Its glyphs from left to right.
    pub glyphs: Vec<Glyph>,
}

impl Line {
    /// Shape `text` at a size. Without letters in it, figures and signs have one width. Line breaks and control characters become spaces.
    pub fn new(text: &str, weight: Weight, size: f32) -> Self {
        let text: String =
            text.chars().take(MOST_CHARS).map(|char| if char.is_control() { ' ' } else { char }).collect();
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text);
        // Figures are read from left to right; the embedded font has no letters of other directions.
        buffer.set_direction(rustybuzz::Direction::LeftToRight);
        let numeric = !text.chars().any(char::is_alphabetic);
        let tabular = Feature::new(Tag::from_bytes(b"tnum"), u32::from(numeric), ..);
        let shaped = rustybuzz::shape(weight.face(), &[tabular], buffer);
        let mut pen = 0;
        let glyphs = shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, place)| {
                let glyph = Glyph {
                    id: info.glyph_id as u16,
                    x: pen + place.x_offset,
                    y: place.y_offset,
                    advance: place.x_advance,
                    cluster: info.cluster as usize,
                };
                pen += place.x_advance;
                glyph
            })
            .collect();
        Self { text, weight, size, glyphs }
    }

    /// Shape `text`, and if it is wider than `width`, as much of it as fits with an ellipsis.
    pub fn fitted(text: &str, weight: Weight, size: f32, width: f32) -> Self {
        let line = Self::new(text, weight, size);
        if line.width() <= width {
            return line;
        }
        let room = width - Self::new("…", weight, size).width();
        let unit = line.unit();
        let mut fits =
            line.glyphs.iter().take_while(|glyph| (glyph.x + glyph.advance) as f32 * unit <= room).count();
        loop {
            let end = line.glyphs.get(fits).map_or(line.text.len(), |glyph| glyph.cluster);
            let shortened = Self::new(&format!("{}…", line.text[..end].trim_end()), weight, size);
            if fits == 0 || shortened.width() <= width {
                return shortened;
            }
            // What stands next to the ellipsis is spaced and shaped anew: now and then wider than it was.
            fits -= 1;
        }
    }

    /// Units of the figure in one unit of the font.
    pub fn unit(&self) -> f32 {
        self.size / self.weight.face().units_per_em() as f32
    }

    /// Its width in units of the figure.
    pub fn width(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.advance).sum::<i32>() as f32 * self.unit()
    }

    /// The height of its capitals and digits.
    pub fn cap_height(&self) -> f32 {
        f32::from(self.weight.face().capital_height().unwrap_or(1490)) * self.unit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_have_one_width() {
        let width = |text: &str| Line::new(text, Weight::Regular, 11.0).width();
        assert_eq!(width("111"), width("080"));
        assert!(width("AVAVAV") < 6.0 * width("A").max(width("V")), "kerning pulls A and V together");
    }

    #[test]
    fn the_font_has_what_figures_need() {
        for char in "−×⁰¹²³⁴⁵⁶⁷⁸⁹⁻…–µσЖžłΩ√≤≥±°".chars() {
            let line = Line::new(&char.to_string(), Weight::Regular, 10.0);
            assert!(line.glyphs.iter().all(|glyph| glyph.id != 0), "{char}");
        }
    }

    #[test]
    fn what_is_missing_shows_a_box() {
        struct Steps(usize);
        impl OutlineBuilder for Steps {
            fn move_to(&mut self, _: f32, _: f32) {
                self.0 += 1;
            }
            fn line_to(&mut self, _: f32, _: f32) {
                self.0 += 1;
            }
            fn quad_to(&mut self, _: f32, _: f32, _: f32, _: f32) {
                self.0 += 1;
            }
            fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, _: f32, _: f32) {
                self.0 += 1;
            }
            fn close(&mut self) {}
        }
        let line = Line::new("漢", Weight::SemiBold, 10.0);
        assert_eq!(line.glyphs[0].id, 0);
        let mut steps = Steps(0);
        line.weight.outline(0, &mut steps);
        assert!(steps.0 >= 4 && line.width() > 0.0);
    }

    #[test]
    fn long_lines_are_shortened() {
        let line = Line::fitted("Departure delay in minutes", Weight::Regular, 12.0, 80.0);
        assert!(line.width() <= 80.0 && line.text.ends_with('…') && line.text.len() > 8, "{}", line.text);
        assert_eq!(Line::fitted("abc", Weight::Regular, 12.0, 80.0).text, "abc");
        assert_eq!(Line::fitted("abc", Weight::Regular, 12.0, 0.0).text, "…");
    }

    proptest! {
        #[test]
        fn any_text_is_shaped_and_fits(text in "\\PC{0,40}|[\\x00-\\u{10ffff}]{0,20}", width in 20.0_f32..200.0) {
            let line = Line::fitted(&text, Weight::Regular, 11.0, width);
            prop_assert!(line.width() <= width + 0.01, "{:?} is {}", line.text, line.width());
        }
    }
}
