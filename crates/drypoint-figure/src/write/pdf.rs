//! PDF: text as text, the data as one deflated picture, no dates, so that the same figure gives the same file.

use std::io::Write;

use drypoint_memory::MemoryConsumer;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::page::FIXED_BYTES;
use super::pdf_font::{FontRefs, UsedFont};
use crate::display::DisplayItem;
use crate::{Color, Figure, Line, Pixels, Pixmap, Result, Weight};

/// A CSS pixel is three quarters of a point.
const POINTS: f32 = 0.75;

pub(super) fn write(figure: &Figure, out: &mut dyn Write, consumer: &MemoryConsumer) -> Result<()> {
    // Deflated pictures do not grow: at most twice the picture exists, once deflated and once in the document.
    let pictures: usize = pictures(figure).map(|pixmap| 2 * pixmap.bytes()).sum();
    let held = consumer.try_reserve(FIXED_BYTES + pictures)?;
    let document = document(figure)?;
    out.write_all(&document)?;
    drop(held);
    Ok(())
}

fn pictures(figure: &Figure) -> impl Iterator<Item = &Pixmap> {
    figure.items().iter().filter_map(|item| match item {
        DisplayItem::Image { pixmap, .. } => Some(pixmap.as_ref()),
        _ => None,
    })
}

fn document(figure: &Figure) -> Result<Vec<u8>> {
    let mut next = Ref::new(1);
    let [catalog, tree, page, content, info] = std::array::from_fn(|_| next.bump());
    let mut fonts = [UsedFont::new(Weight::Regular), UsedFont::new(Weight::SemiBold)];
    for item in figure.items() {
        if let DisplayItem::Text { line, .. } = item {
            fonts[line.weight as usize].add(line);
        }
    }
    let font_refs = [FontRefs::take(&mut next), FontRefs::take(&mut next)];
    let picture_refs: Vec<(Ref, Ref)> = pictures(figure).map(|_| (next.bump(), next.bump())).collect();

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
    sheet.media_box(Rect::new(0.0, 0.0, figure.width * POINTS, figure.height * POINTS)).parent(tree).contents(content);
    let mut resources = sheet.resources();
    let mut objects = resources.x_objects();
    for (index, (picture, _)) in picture_refs.iter().enumerate() {
        objects.pair(Name(picture_name(index).as_bytes()), *picture);
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
    for (pixmap, refs) in pictures(figure).zip(picture_refs) {
        write_picture(&mut pdf, pixmap, refs)?;
    }
    Ok(pdf.finish())
}

fn picture_name(index: usize) -> String {
    format!("P{index}")
}

fn font_name(index: usize) -> String {
    format!("F{index}")
}

fn contents(figure: &Figure, fonts: &[UsedFont; 2]) -> Vec<u8> {
    let mut content = Content::new();
    // Units of the figure, y downward.
    content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, figure.height * POINTS]);
    let mut picture = 0;
    for item in figure.items() {
        match item {
            DisplayItem::Rect { rect, color } => {
                fill(&mut content, *color);
                content.rect(rect.x, rect.y, rect.width, rect.height).fill_nonzero();
            }
            DisplayItem::Image { rect, .. } => {
                content.save_state();
                content.transform([rect.width, 0.0, 0.0, -rect.height, rect.x, rect.bottom()]);
                content.x_object(Name(picture_name(picture).as_bytes()));
                content.restore_state();
                picture += 1;
            }
            DisplayItem::Text { line, x, y, color, upward } => {
                fill(&mut content, *color);
                let matrix = if *upward { [0.0, -1.0, -1.0, 0.0, *x, *y] } else { [1.0, 0.0, 0.0, -1.0, *x, *y] };
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

fn write_picture(pdf: &mut Pdf, pixmap: &Pixmap, (picture, mask): (Ref, Ref)) -> Result<()> {
    let (width, height) = (pixmap.width as i32, pixmap.height as i32);
    let (samples, palette) = match &pixmap.pixels {
        Pixels::Indexed { palette, indices } => (deflate(indices)?, Some(palette)),
        Pixels::Rgba(bytes) => (deflate_by(bytes.chunks_exact(4), |pixel, out| out.extend_from_slice(&pixel[..3]))?, None),
    };
    // One clear entry and the rest opaque needs no second picture: its index is masked out.
    let keyed = palette.is_some_and(|palette| {
        palette.iter().enumerate().all(|(index, color)| color.a == if index == 0 { 0 } else { 255 })
    });
    let opaque = palette.is_some_and(|palette| palette.iter().all(|color| color.a == 255));
    let alphas = match &pixmap.pixels {
        _ if keyed || opaque => None,
        Pixels::Indexed { palette, indices } => {
            Some(deflate_by(indices.iter(), |index, out| out.push(palette[usize::from(*index)].a))?)
        }
        Pixels::Rgba(bytes) => Some(deflate_by(bytes.chunks_exact(4), |pixel, out| out.push(pixel[3]))?),
    };

    let mut image = pdf.image_xobject(picture, &samples);
    image.filter(Filter::FlateDecode).pair(Name(b"Interpolate"), false);
    image.width(width).height(height).bits_per_component(8);
    match palette {
        Some(palette) => {
            let lookup: Vec<u8> = palette.iter().flat_map(|color| [color.r, color.g, color.b]).collect();
            image.color_space().indexed(Name(b"DeviceRGB"), palette.len() as i32 - 1, &lookup);
        }
        None => image.color_space().device_rgb(),
    }
    if keyed {
        image.color_mask([0, 0]);
    }
    if alphas.is_some() {
        image.s_mask(mask);
    }
    image.finish();
    if let Some(alphas) = alphas {
        let mut image = pdf.image_xobject(mask, &alphas);
        image.filter(Filter::FlateDecode);
        image.width(width).height(height).bits_per_component(8).color_space().device_gray();
    }
    Ok(())
}

pub(super) fn deflate(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Deflate what is made of each item, a block at a time.
fn deflate_by<T>(items: impl Iterator<Item = T>, make: impl Fn(T, &mut Vec<u8>)) -> Result<Vec<u8>> {
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
