//! PDF: text as text, the data as one deflated picture, no dates, so that the same figure gives the same file.

use std::collections::BTreeSet;
use std::io::Write;

use drypoint_memory::MemoryConsumer;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::page::FIXED_BYTES;
use super::pdf_font::{FontRefs, UsedFont};
use super::pdf_picture::{Picture, picture_name};
use crate::display::DisplayItem;
use crate::{Color, Figure, Line, Result, Weight};

/// A CSS pixel is three quarters of a point.
const POINTS: f32 = 0.75;

pub(super) fn write(figure: &Figure, out: &mut dyn Write, consumer: &MemoryConsumer) -> Result<()> {
    // Deflated pictures do not grow: at most twice the pictures exist, once deflated and once in the document.
    let bytes: usize = shown(figure).map(|index| Picture::sample_bytes(figure, index)).sum();
    let held = consumer.try_reserve(FIXED_BYTES + 2 * bytes)?;
    let document = document(figure, consumer)?;
    out.write_all(&document)?;
    drop(held);
    Ok(())
}

fn document(figure: &Figure, consumer: &MemoryConsumer) -> Result<Vec<u8>> {
    let mut next = Ref::new(1);
    let [catalog, tree, page, content, info] = std::array::from_fn(|_| next.bump());
    let mut fonts = [UsedFont::new(Weight::Regular), UsedFont::new(Weight::SemiBold)];
    for item in figure.items() {
        if let DisplayItem::Text { line, .. } = item {
            fonts[line.weight as usize].add(line);
        }
    }
    let font_refs = [FontRefs::take(&mut next), FontRefs::take(&mut next)];
    let mut pictures = Vec::new();
    for index in shown(figure) {
        pictures.push((Picture::of(figure, index, consumer)?, (next.bump(), next.bump())));
    }
    let opacities: BTreeSet<u8> = figure.items().iter().filter_map(opacity).filter(|a| *a < 255).collect();
    let states: Vec<(u8, Ref)> = opacities.into_iter().map(|a| (a, next.bump())).collect();

    let opaque = next.bump();

    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids([page]).count(1);
    let mut described = pdf.document_info(info);
    described.producer(TextStr("Drypoint"));
    if let Some(title) = &figure.title {
        described.title(TextStr(title));
    }
    described.finish();
    let points = POINTS * figure.unit as f32;
    let mut sheet = pdf.page(page);
    sheet
        .media_box(Rect::new(0.0, 0.0, figure.width * points, figure.height * points))
        .parent(tree)
        .contents(content);
    let mut resources = sheet.resources();
    let mut objects = resources.x_objects();
    for (place, (_, refs)) in pictures.iter().enumerate() {
        objects.pair(Name(picture_name(place).as_bytes()), refs.0);
    }
    objects.finish();
    if !states.is_empty() {
        let mut dictionary = resources.ext_g_states();
        for (a, state) in &states {
            dictionary.pair(Name(state_name(*a).as_bytes()), *state);
        }
        // What follows a half-transparent item must be opaque again.
        dictionary.pair(Name(state_name(255).as_bytes()), opaque);
    }
    let mut dictionary = resources.fonts();
    for (index, refs) in font_refs.iter().enumerate().filter(|(index, _)| !fonts[*index].is_empty()) {
        dictionary.pair(Name(font_name(index).as_bytes()), refs.font);
    }
    dictionary.finish();
    resources.finish();
    sheet.finish();

    pdf.stream(content, &deflate(&contents(figure, &fonts))?).filter(Filter::FlateDecode);
    for (font, refs) in fonts.iter().zip(font_refs).filter(|(font, _)| !font.is_empty()) {
        font.write(&mut pdf, refs)?;
    }
    for (picture, refs) in &pictures {
        picture.write(&mut pdf, *refs);
    }
    if !states.is_empty() {
        for (a, state) in states.into_iter().chain([(255, opaque)]) {
            pdf.ext_graphics(state).non_stroking_alpha(f32::from(a) / 255.0);
        }
    }
    Ok(pdf.finish())
}

fn font_name(index: usize) -> String {
    format!("F{index}")
}

fn contents(figure: &Figure, fonts: &[UsedFont; 2]) -> Vec<u8> {
    let mut content = Content::new();
    let points = POINTS * figure.unit as f32;
    let shown: Vec<usize> = shown(figure).collect();
    // Units of the figure, y downward.
    content.transform([points, 0.0, 0.0, -points, 0.0, figure.height * points]);
    for (index, item) in figure.items().iter().enumerate() {
        match item {
            DisplayItem::Rect { rect, color } => {
                fill(&mut content, *color);
                content.rect(rect.x, rect.y, rect.width, rect.height).fill_nonzero();
                opaque_again(&mut content, *color);
            }
            DisplayItem::Shape { corners, color } => {
                fill(&mut content, *color);
                for (place, (x, y)) in corners.iter().enumerate() {
                    if place == 0 {
                        content.move_to(*x, *y)
                    } else {
                        content.line_to(*x, *y)
                    };
                }
                content.close_path().fill_nonzero();
                opaque_again(&mut content, *color);
            }
            DisplayItem::Image { rect, .. } => {
                let Some(place) = shown.iter().position(|shown| *shown == index) else { continue };
                content.save_state();
                content.transform([rect.width, 0.0, 0.0, -rect.height, rect.x, rect.bottom()]);
                content.x_object(Name(picture_name(place).as_bytes()));
                content.restore_state();
            }
            DisplayItem::Text { line, x, y, color, upward } => {
                fill(&mut content, Color { a: 255, ..*color });
                let matrix =
                    if *upward { [0.0, -1.0, -1.0, 0.0, *x, *y] } else { [1.0, 0.0, 0.0, -1.0, *x, *y] };
                show(&mut content, line, matrix, &fonts[line.weight as usize]);
            }
        }
    }
    content.finish().into_vec()
}

/// The pictures that are to be seen: in a figure each holds all that is under it, so that it hides those below it that
/// fill the same place.
fn shown(figure: &Figure) -> impl Iterator<Item = usize> {
    let pictures: Vec<(usize, crate::Rect)> = figure
        .items()
        .iter()
        .enumerate()
        .filter_map(|(index, item)| match item {
            DisplayItem::Image { rect, .. } => Some((index, *rect)),
            _ => None,
        })
        .collect();
    let seen = pictures.clone();
    pictures
        .into_iter()
        .filter(move |(index, rect)| !seen.iter().any(|(other, over)| other > index && over == rect))
        .map(|(index, _)| index)
}

/// How opaque a rectangle or a shape is.
fn opacity(item: &DisplayItem) -> Option<u8> {
    match item {
        DisplayItem::Rect { color, .. } | DisplayItem::Shape { color, .. } => Some(color.a),
        _ => None,
    }
}

fn state_name(a: u8) -> String {
    format!("A{a}")
}

fn opaque_again(content: &mut Content, color: Color) {
    if color.a < 255 {
        content.set_parameters(Name(state_name(255).as_bytes()));
    }
}

fn fill(content: &mut Content, color: Color) {
    if color.a < 255 {
        content.set_parameters(Name(state_name(color.a).as_bytes()));
    }
    let [r, g, b] = [color.r, color.g, color.b].map(|channel| f32::from(channel) / 255.0);
    content.set_fill_rgb(r, g, b);
}

/// Glyphs with the differences between where shaping put them and where their widths alone would.
fn show(content: &mut Content, line: &Line, matrix: [f32; 6], font: &UsedFont) {
    let face = line.weight.face();
    let thousandths = |units: i32| units as f32 * 1000.0 / face.units_per_em() as f32;
    content.begin_text();
    content.set_font(Name(font_name(line.weight as usize).as_bytes()), line.size);
    content.set_text_matrix(matrix);
    let mut rise = 0;
    let mut pen = 0;
    for glyph in &line.glyphs {
        if glyph.y != rise {
            content.set_rise(glyph.y as f32 * line.unit());
            rise = glyph.y;
        }
        let mut shown = content.show_positioned();
        let mut items = shown.items();
        if glyph.x != pen {
            items.adjust(thousandths(pen - glyph.x));
        }
        items.show(Str(&font.code(glyph.id)));
        let id = rustybuzz::ttf_parser::GlyphId(glyph.id);
        pen = glyph.x + i32::from(face.glyph_hor_advance(id).unwrap_or(0));
    }
    content.end_text();
}

pub(super) fn deflate(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Deflate what is made of each item, a block at a time.
pub(super) fn deflate_by<T>(
    items: impl Iterator<Item = T>,
    make: impl Fn(T, &mut Vec<u8>),
) -> Result<Vec<u8>> {
    const BLOCK: usize = 1 << 14;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut block = Vec::with_capacity(BLOCK + 4);
    for item in items {
        make(item, &mut block);
        if block.len() >= BLOCK {
            encoder.write_all(&block)?;
            block.clear();
        }
    }
    encoder.write_all(&block)?;
    Ok(encoder.finish()?)
}
