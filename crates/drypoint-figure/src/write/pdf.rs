//! PDF: text as text, the data as one deflated picture, no dates, so that the same figure gives the same file.

use std::io::Write;

use drypoint_memory::MemoryConsumer;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::page::FIXED_BYTES;
use super::pdf_font::{FontRefs, UsedFont};
use super::pdf_picture::{PICTURE, Picture};
use crate::display::DisplayItem;
use crate::{Color, Figure, Line, Pixels, Result, Weight};

/// A CSS pixel is three quarters of a point.
const POINTS: f32 = 0.75;

pub(super) fn write(figure: &Figure, out: &mut dyn Write, consumer: &MemoryConsumer) -> Result<()> {
    let sample_bytes = match figure.pixmap().map(|pixmap| &pixmap.pixels) {
        Some(Pixels::Indexed { indices, .. }) => indices.len(),
        Some(Pixels::Rgba(bytes)) => bytes.len(),
        None => 0,
    };
    // Deflated pictures do not grow: at most twice the picture exists, once deflated and once in the document.
    let held = consumer.try_reserve(FIXED_BYTES + 2 * sample_bytes)?;
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
    let picture = Picture::of(figure, consumer)?;
    let picture_refs = (next.bump(), next.bump());

    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids([page]).count(1);
    let mut described = pdf.document_info(info);
    described.producer(TextStr("Drypoint"));
    if let Some(title) = &figure.title {
        described.title(TextStr(title));
    }
    described.finish();
    let mut sheet = pdf.page(page);
    sheet
        .media_box(Rect::new(0.0, 0.0, figure.width * POINTS, figure.height * POINTS))
        .parent(tree)
        .contents(content);
    let mut resources = sheet.resources();
    let mut objects = resources.x_objects();
    if picture.is_some() {
        objects.pair(PICTURE, picture_refs.0);
    }
    objects.finish();
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
    if let Some(picture) = picture {
        picture.write(&mut pdf, picture_refs);
    }
    Ok(pdf.finish())
}

fn font_name(index: usize) -> String {
    format!("F{index}")
}

fn contents(figure: &Figure, fonts: &[UsedFont; 2]) -> Vec<u8> {
    let mut content = Content::new();
    // Units of the figure, y downward.
    content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, figure.height * POINTS]);
    for item in figure.items() {
        match item {
            DisplayItem::Rect { rect, color } => {
                fill(&mut content, *color);
                content.rect(rect.x, rect.y, rect.width, rect.height).fill_nonzero();
            }
            DisplayItem::Image { rect, .. } => {
                content.save_state();
                content.transform([rect.width, 0.0, 0.0, -rect.height, rect.x, rect.bottom()]);
                content.x_object(PICTURE);
                content.restore_state();
            }
            DisplayItem::Text { line, x, y, color, upward } => {
                fill(&mut content, *color);
                let matrix =
                    if *upward { [0.0, -1.0, -1.0, 0.0, *x, *y] } else { [1.0, 0.0, 0.0, -1.0, *x, *y] };
                show(&mut content, line, matrix, &fonts[line.weight as usize]);
            }
        }
    }
    content.finish().into_vec()
}

fn fill(content: &mut Content, color: Color) {
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
