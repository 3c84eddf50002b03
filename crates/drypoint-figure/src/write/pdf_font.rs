//! The embedded font of a PDF: only the glyphs that are used, and what each stands for, so that text can be selected.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;

use super::pdf::deflate;
use crate::{FigureError, Line, Result, Weight};

const SYSTEM: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The objects of one font.
#[derive(Debug, Clone, Copy)]
pub(super) struct FontRefs {
    pub(super) font: Ref,
    cid: Ref,
    descriptor: Ref,
    file: Ref,
    unicode: Ref,
}

impl FontRefs {
    pub(super) fn take(next: &mut Ref) -> Self {
        Self {
            font: next.bump(),
            cid: next.bump(),
            descriptor: next.bump(),
            file: next.bump(),
            unicode: next.bump(),
        }
    }
}

/// One weight as far as a document uses it.
pub(super) struct UsedFont {
    weight: Weight,
    remapper: GlyphRemapper,
    /// What each old glyph was made from, as first met.
    says: BTreeMap<u16, String>,
}

impl UsedFont {
    pub(super) fn new(weight: Weight) -> Self {
        Self { weight, remapper: GlyphRemapper::new(), says: BTreeMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.says.is_empty()
    }

    /// Note the glyphs of a line and what they say.
    pub(super) fn add(&mut self, line: &Line) {
        for (index, glyph) in line.glyphs.iter().enumerate() {
            self.remapper.remap(glyph.id);
            let later =
                line.glyphs[index + 1..].iter().map(|glyph| glyph.cluster).find(|next| *next > glyph.cluster);
            let text = &line.text[glyph.cluster..later.unwrap_or(line.text.len())];
            self.says.entry(glyph.id).or_insert_with(|| text.to_string());
        }
    }

    /// The number of a glyph in the subset, as two bytes.
    pub(super) fn code(&self, glyph: u16) -> [u8; 2] {
        self.remapper.get(glyph).unwrap_or(0).to_be_bytes()
    }

    pub(super) fn write(&self, pdf: &mut Pdf, refs: FontRefs) -> Result<()> {
        let face = self.weight.face();
        let data = subsetter::subset(self.weight.data(), 0, &self.remapper)
            .map_err(|error| FigureError::Encode { format: "PDF", what: format!("font: {error}") })?;
        let name = format!("DRYPNT+{}", self.weight.name());
        let name = Name(name.as_bytes());
        let thousandths = |units: f32| units * 1000.0 / face.units_per_em() as f32;

        pdf.type0_font(refs.font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(refs.cid)
            .to_unicode(refs.unicode);

        let mut cid = pdf.cid_font(refs.cid);
        cid.subtype(CidFontType::Type2).base_font(name).system_info(SYSTEM).font_descriptor(refs.descriptor);
        cid.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        let widths = self.remapper.remapped_gids().map(|glyph| {
            let glyph = rustybuzz::ttf_parser::GlyphId(glyph);
            thousandths(f32::from(face.glyph_hor_advance(glyph).unwrap_or(0)))
        });
        cid.widths().consecutive(0, widths);
        cid.finish();

        let bounds = face.global_bounding_box();
        let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max]
            .map(|units| thousandths(f32::from(units)));
        pdf.font_descriptor(refs.descriptor)
            .name(name)
            .flags(FontFlags::NON_SYMBOLIC)
            .bbox(Rect::new(bounds[0], bounds[1], bounds[2], bounds[3]))
            .italic_angle(0.0)
            .ascent(thousandths(f32::from(face.ascender())))
            .descent(thousandths(f32::from(face.descender())))
            .cap_height(thousandths(f32::from(face.capital_height().unwrap_or(0))))
            .stem_v(80.0)
            .font_file2(refs.file);

        let mut cmap = UnicodeCmap::new(Name(b"Drypoint"), SYSTEM);
        for (glyph, text) in &self.says {
            if let Some(code) = self.remapper.get(*glyph) {
                cmap.pair_with_multiple(code, text.chars());
            }
        }
        pdf.cmap(refs.unicode, &cmap.finish());
        let packed = deflate(&data)?;
        let mut file = pdf.stream(refs.file, &packed);
        file.filter(Filter::FlateDecode).pair(Name(b"Length1"), data.len() as i32);
        Ok(())
    }
}
