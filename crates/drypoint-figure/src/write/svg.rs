//! SVG. Text is written as glyph outlines, each once: embedded fonts are ignored by librsvg and Inkscape, and then a
//! figure looks different everywhere. What each line says is kept for screen readers and search.

use std::collections::BTreeSet;
use std::io::Write;

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use drypoint_memory::MemoryConsumer;
use rustybuzz::ttf_parser::OutlineBuilder;

use super::png;
use crate::display::DisplayItem;
use crate::{Color, Figure, Result, Weight};

pub(super) fn write(figure: &Figure, out: &mut dyn Write, consumer: &MemoryConsumer) -> Result<()> {
    let (width, height) = (figure.width, figure.height);
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{}" height="{}" viewBox="0 0 {w} {h}">"#,
        number(width * figure.unit as f32),
        number(height * figure.unit as f32),
        w = number(width),
        h = number(height)
    )?;
    if let Some(title) = &figure.title {
        writeln!(out, "<title>{}</title>", escaped(title))?;
    }
    write_glyphs(figure, out)?;
    for item in figure.items() {
        match item {
            DisplayItem::Rect { rect, color } => writeln!(
                out,
                r#"<rect x="{}" y="{}" width="{}" height="{}" {} shape-rendering="crispEdges"/>"#,
                number(rect.x),
                number(rect.y),
                number(rect.width),
                number(rect.height),
                fill(*color)
            )?,
            DisplayItem::Shape { corners, color } => {
                let points: Vec<String> =
                    corners.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
                writeln!(out, r#"<polygon points="{}" {}/>"#, points.join(" "), fill(*color))?;
            }
            DisplayItem::Image { rect, pixmap } => {
                write!(
                    out,
                    r#"<image x="{}" y="{}" width="{}" height="{}" preserveAspectRatio="none" style="image-rendering:optimizeSpeed;image-rendering:pixelated" xlink:href="data:image/png;base64,"#,
                    number(rect.x),
                    number(rect.y),
                    number(rect.width),
                    number(rect.height)
                )?;
                let mut encoded = EncoderWriter::new(&mut *out, &STANDARD);
                png::write_pixmap(pixmap, figure.scale / figure.unit, &mut encoded, consumer)?;
                encoded.finish()?;
                drop(encoded);
                writeln!(out, r#""/>"#)?;
            }
            DisplayItem::Text { line, x, y, color, upward } => {
                let unit = line.unit();
                let turn = if *upward { " rotate(-90)" } else { "" };
                write!(
                    out,
                    r#"<g role="img" aria-label="{}" fill="{color}" transform="translate({} {}){turn} scale({unit:.6} -{unit:.6})">"#,
                    escaped(&line.text),
                    number(*x),
                    number(*y)
                )?;
                for glyph in &line.glyphs {
                    write!(out, r##"<use xlink:href="#{}" x="{}""##, id(line.weight, glyph.id), glyph.x)?;
                    if glyph.y != 0 {
                        write!(out, r#" y="{}""#, glyph.y)?;
                    }
                    write!(out, "/>")?;
                }
                writeln!(out, "</g>")?;
            }
        }
    }
    writeln!(out, "</svg>")?;
    Ok(())
}

/// Every outline that is used, once, in font units.
fn write_glyphs(figure: &Figure, out: &mut dyn Write) -> Result<()> {
    let used: BTreeSet<(Weight, u16)> = figure
        .items()
        .iter()
        .filter_map(|item| match item {
            DisplayItem::Text { line, .. } => Some(line),
            _ => None,
        })
        .flat_map(|line| line.glyphs.iter().map(|glyph| (line.weight, glyph.id)))
        .collect();
    writeln!(out, "<defs>")?;
    for (weight, glyph) in used {
        let mut path = PathData(String::new());
        weight.outline(glyph, &mut path);
        writeln!(out, r#"<path id="{}" d="{}"/>"#, id(weight, glyph), path.0)?;
    }
    writeln!(out, "</defs>")?;
    Ok(())
}

fn id(weight: Weight, glyph: u16) -> String {
    match weight {
        Weight::Regular => format!("r{glyph}"),
        Weight::SemiBold => format!("s{glyph}"),
    }
}

/// A colour, and its opacity if it has one: `#rrggbbaa` is not understood by all programs.
fn fill(color: Color) -> String {
    let opaque = Color { a: 255, ..color };
    match color.a {
        255 => format!(r#"fill="{opaque}""#),
        a => format!(r#"fill="{opaque}" fill-opacity="{}""#, number(f32::from(a) / 255.0)),
    }
}

/// A coordinate with at most three decimals.
fn number(value: f32) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// Text as XML may hold it: characters that XML 1.0 forbids become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' | '\0'..='\x1f' => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
    out
}

struct PathData(String);

impl PathData {
    fn push(&mut self, command: char, numbers: &[f32]) {
        self.0.push(command);
        for (index, value) in numbers.iter().enumerate() {
            if index > 0 {
                self.0.push(' ');
            }
            self.0.push_str(&number(*value));
        }
    }
}

impl OutlineBuilder for PathData {
    fn move_to(&mut self, x: f32, y: f32) {
        self.push('M', &[x, y]);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.push('L', &[x, y]);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.push('Q', &[x1, y1, x, y]);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.push('C', &[x1, y1, x2, y2, x, y]);
    }
    fn close(&mut self) {
        self.0.push('Z');
    }
}
