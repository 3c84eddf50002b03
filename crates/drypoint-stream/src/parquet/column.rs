//! One column of one reader: pages in, columns of batches out.
//!
//! Plain values that lie aligned in their page are handed out where they are; everything else is put into a buffer
//! of one batch. Both are reused, so a scan allocates only until it has met its largest page.

use drypoint_memory::{Buffer, MemoryConsumer};
use parquet::basic::Encoding;
use parquet::schema::types::ColumnDescPtr;

use super::dictionary::Dictionary;
use super::fault::{Decoded, Fault};
use super::footer::Chunk;
use super::header::{DataPage, Levels, PageHeader, PageKind};
use super::hybrid::{Hybrid, Values as Run};
use super::page::{Pages, Room, Workshop, words};
use super::schema::{Delivered, Route};
use super::strings::Strings;
use super::validity::Validity;
use super::values::{PageValues, prefixed};
use crate::{Column, Values};

/// A column being read.
#[derive(Debug)]
pub(super) struct ColumnReader {
    route: Route,
    descriptor: ColumnDescPtr,
    consumer: MemoryConsumer,
    batch_rows: usize,
    pages: Option<Pages>,
    room: Room,
    page: Option<OpenPage>,
    /// This chunk's.
    dictionary: Option<Dictionary>,
    /// The last chunk's, whose buffers the next one takes over.
    spare: Option<Dictionary>,
    validity: Option<Validity>,
    /// Values of a batch, or codes of its words.
    out: Option<Buffer<u64>>,
    strings: Option<Strings>,
    /// Where the last batch's values are.
    place: Place,
}

/// A decompressed page, partly taken.
#[derive(Debug)]
struct OpenPage {
    length: usize,
    rows_left: usize,
    levels: Option<Hybrid>,
    values: PageValues,
}

#[derive(Debug, Clone)]
enum Place {
    InPage(std::ops::Range<usize>),
    Out(usize),
    Words(usize),
    Strings,
}

impl ColumnReader {
    pub(super) fn new(
        route: Route,
        descriptor: ColumnDescPtr,
        consumer: &MemoryConsumer,
        batch_rows: usize,
    ) -> Self {
        Self {
            route,
            descriptor,
            consumer: consumer.clone(),
            batch_rows,
            pages: None,
            room: Room::new(consumer),
            page: None,
            dictionary: None,
            spare: None,
            validity: None,
            out: None,
            strings: None,
            place: Place::Out(0),
        }
    }

    /// Bytes of batches, pages apart.
    pub(super) fn batch_bytes(route: &Route, batch_rows: usize) -> usize {
        words(batch_rows * route.delivered.width()) * size_of::<u64>()
            + if route.max_level > 0 { Validity::bytes_for(batch_rows) } else { 0 }
    }

    /// Go to the beginning of a chunk.
    pub(super) fn begin(&mut self, chunk: &Chunk) {
        self.pages = Some(Pages::of(chunk));
        self.page = None;
        if let Some(dictionary) = self.dictionary.take() {
            self.spare = Some(dictionary);
        }
    }

    /// Go `rows` further; whole pages are passed over by their headers.
    pub(super) fn skip(&mut self, mut rows: u64, workshop: &mut Workshop) -> Decoded<()> {
        while rows > 0 {
            if self.rows_left() == 0 {
                let Some((header, data)) = self.next_data_page(workshop)? else {
                    return Err(Fault::damaged(format!("{rows} rows less than promised")));
                };
                if data.rows as u64 <= rows {
                    rows -= data.rows as u64;
                    self.pages()?.skip(&header);
                    continue;
                }
                self.open(&header, &data, workshop)?;
            }
            let portion = (self.rows_left() as u64).min(rows).min(self.batch_rows as u64);
            self.fill(portion as usize, workshop)?;
            rows -= portion;
        }
        Ok(())
    }

    fn pages(&mut self) -> Decoded<&mut Pages> {
        self.pages.as_mut().ok_or_else(|| Fault::damaged("no chunk was begun"))
    }

    fn rows_left(&self) -> usize {
        self.page.as_ref().map_or(0, |page| page.rows_left)
    }

    /// Rows that the open page still has; opens the next one if it has none. 0 at the end of the chunk.
    pub(super) fn rows_in_page(&mut self, workshop: &mut Workshop) -> Decoded<usize> {
        while self.rows_left() == 0 {
            let Some((header, data)) = self.next_data_page(workshop)? else { return Ok(0) };
            self.open(&header, &data, workshop)?;
        }
        Ok(self.rows_left())
    }

    /// The next data page's header; a dictionary on the way is decoded.
    fn next_data_page(&mut self, workshop: &mut Workshop) -> Decoded<Option<(PageHeader, DataPage)>> {
        self.page = None;
        loop {
            let Some(pages) = &mut self.pages else { return Ok(None) };
            let Some(header) = pages.header(workshop)? else { return Ok(None) };
            match header.kind {
                PageKind::Data(data) => return Ok(Some((header, data))),
                PageKind::Other => pages.skip(&header),
                PageKind::Dictionary { values, encoding } => {
                    if !matches!(encoding, Encoding::PLAIN | Encoding::PLAIN_DICTIONARY) {
                        return Err(Fault::damaged(format!("a dictionary encoded as {encoding}")));
                    }
                    pages.read(&header, workshop, &mut self.room)?;
                    let page = &self.room.bytes()[..header.uncompressed];
                    if self.dictionary.is_some() {
                        return Err(Fault::damaged("two dictionaries in one chunk"));
                    }
                    let spare = self.spare.take();
                    self.dictionary =
                        Some(Dictionary::decode(spare, &self.route, page, values, &self.consumer)?);
                }
            }
        }
    }

    fn open(&mut self, header: &PageHeader, data: &DataPage, workshop: &mut Workshop) -> Decoded<()> {
        let Some(pages) = &mut self.pages else { return Err(Fault::damaged("no chunk was begun")) };
        pages.read(header, workshop, &mut self.room)?;
        let page = &self.room.bytes()[..header.uncompressed];
        let max_level = self.route.max_level;
        let width = u32::BITS - max_level.leading_zeros();
        let (levels, at) = match data.levels {
            Levels::Inline { .. } if max_level == 0 => (None, 0),
            Levels::Inline { encoding: Encoding::RLE } => {
                let (start, end) = prefixed(page, 0)?;
                (Some(Hybrid::new(width, start, end)?), end)
            }
            Levels::Inline { encoding } => {
                return Err(Fault::Unsupported(format!("definition levels encoded as {encoding}")));
            }
            Levels::Apart { definition, repetition, .. } => {
                let end = repetition + definition;
                let levels = if max_level == 0 { None } else { Some(Hybrid::new(width, repetition, end)?) };
                (levels, end)
            }
        };
        let present = || match &levels {
            None => Ok(data.rows),
            Some(levels) => count_present(levels.clone(), max_level, page, data.rows),
        };
        let (route, descriptor) = (&self.route, &self.descriptor);
        let values = PageValues::begin(route, descriptor, data.encoding, page, at, present, &self.consumer)?;
        self.page = Some(OpenPage { length: page.len(), rows_left: data.rows, levels, values });
        Ok(())
    }

    /// Decode the next `rows` rows (at most a batch's), which [`ColumnReader::column`] then shows.
    pub(super) fn fill(&mut self, rows: usize, workshop: &mut Workshop) -> Decoded<()> {
        let is_text = self.route.delivered == Delivered::Text;
        if self.route.max_level > 0 && self.validity.is_none() {
            self.validity = Some(Validity::new(&self.consumer, self.batch_rows)?);
        }
        if let Some(validity) = &mut self.validity {
            validity.clear();
        }
        self.place = if is_text { Place::Words(0) } else { Place::Out(0) };
        let mut done = 0;
        while done < rows {
            if self.rows_in_page(workshop)? == 0 {
                let missing = rows - done;
                return Err(Fault::damaged(format!("at least {missing} rows less than promised")));
            }
            let portion = (rows - done).min(self.rows_left());
            if is_text {
                self.fill_text(done, portion)?;
            } else {
                self.fill_fixed(done, portion, rows)?;
            }
            done += portion;
        }
        Ok(())
    }

    fn fill_fixed(&mut self, done: usize, portion: usize, rows: usize) -> Decoded<()> {
        let Some(open) = &mut self.page else { return Ok(()) };
        let page = &self.room.bytes()[..open.length];
        let present = levels(&mut self.validity, open, self.route.max_level, page, portion)?;
        if portion == rows
            && present == rows
            && let Some(range) = open.values.in_place(&self.route, page, rows)
        {
            self.place = Place::InPage(range);
        } else {
            let width = self.route.delivered.width();
            let out = out(&mut self.out, &self.consumer, self.batch_rows, width)?;
            let to = &mut out[done * width..(done + present) * width];
            open.values.read(&self.route, page, self.dictionary.as_ref(), to)?;
            if let Some(validity) = &self.validity
                && present < portion
            {
                match width {
                    1 => validity.spread(out, done, present, done + portion),
                    4 => validity.spread::<u32>(bytemuck::cast_slice_mut(out), done, present, done + portion),
                    _ => validity.spread::<u64>(bytemuck::cast_slice_mut(out), done, present, done + portion),
                }
            }
            self.place = Place::Out(done + portion);
        }
        open.rows_left -= portion;
        Ok(())
    }

    fn fill_text(&mut self, done: usize, portion: usize) -> Decoded<()> {
        let Some(open) = &mut self.page else { return Ok(()) };
        let page = &self.room.bytes()[..open.length];
        let present = levels(&mut self.validity, open, self.route.max_level, page, portion)?;
        let validity = self.validity.as_ref();
        let is_present = |row| validity.is_none_or(|validity| validity.is_valid(row));
        let still_words = matches!(self.place, Place::Words(_));
        if still_words && !self.route.raw && self.dictionary.is_some() && open.values.are_words(&self.route) {
            let (Some(dictionary), PageValues::Codes(codes)) = (&self.dictionary, &mut open.values) else {
                return Err(Fault::damaged("codes without a dictionary"));
            };
            let out = out(&mut self.out, &self.consumer, self.batch_rows, size_of::<u32>())?;
            let out: &mut [u32] = bytemuck::cast_slice_mut(out);
            dictionary.codes(codes, page, &mut out[done..done + present])?;
            if let Some(validity) = validity {
                validity.spread(out, done, present, done + portion);
            }
            self.place = Place::Words(done + portion);
        } else {
            let strings = match &mut self.strings {
                Some(strings) => strings,
                none => none.insert(Strings::new(&self.consumer, self.batch_rows, self.route.raw)?),
            };
            if still_words {
                // The writer gave its dictionary up here: the codes so far become strings.
                strings.clear(self.batch_rows)?;
                if let (Some(Dictionary::Words(words)), Some(out)) = (&self.dictionary, &self.out) {
                    let codes: &[u32] = bytemuck::cast_slice(out);
                    for (row, code) in codes[..done].iter().enumerate() {
                        strings.push_utf8(if is_present(row) { words.get(*code as usize) } else { &[] })?;
                    }
                }
                self.place = Place::Strings;
            }
            let rows = (done..done + portion).map(is_present);
            open.values.read_strings(page, self.dictionary.as_ref(), rows, strings)?;
        }
        open.rows_left -= portion;
        Ok(())
    }

    /// What the last [`ColumnReader::fill`] decoded.
    pub(super) fn column(&self) -> Column<'_> {
        let out = self.out.as_deref().unwrap_or(&[]);
        let bytes = match &self.place {
            Place::InPage(range) => &self.room.bytes()[range.clone()],
            Place::Out(rows) => &bytemuck::cast_slice(out)[..rows * self.route.delivered.width()],
            Place::Words(_) | Place::Strings => &[],
        };
        let values = match (&self.place, self.route.delivered) {
            (_, Delivered::Bool) => Values::Bool(bytes),
            (_, Delivered::I32) => Values::I32(bytemuck::cast_slice(bytes)),
            (_, Delivered::U32) => Values::U32(bytemuck::cast_slice(bytes)),
            (_, Delivered::I64) => Values::I64(bytemuck::cast_slice(bytes)),
            (_, Delivered::U64) => Values::U64(bytemuck::cast_slice(bytes)),
            (_, Delivered::F32) => Values::F32(bytemuck::cast_slice(bytes)),
            (_, Delivered::F64) => Values::F64(bytemuck::cast_slice(bytes)),
            (_, Delivered::Text) if self.route.raw => Values::Binary(match (&self.place, &self.strings) {
                (Place::Strings, Some(strings)) => strings.text(),
                _ => crate::Text { offsets: &[0], bytes: &[] },
            }),
            (Place::Words(rows), Delivered::Text) => {
                let words = match &self.dictionary {
                    Some(Dictionary::Words(words)) => words.text(),
                    _ => crate::Text { offsets: &[], bytes: &[] },
                };
                Values::Dictionary { codes: &bytemuck::cast_slice(out)[..*rows], words }
            }
            (_, Delivered::Text) => match &self.strings {
                Some(strings) => Values::Text(strings.text()),
                None => Values::Text(crate::Text { offsets: &[], bytes: &[] }),
            },
        };
        Column { values, validity: self.validity.as_ref().and_then(Validity::bitmap) }
    }

    /// Whether the chunk has rows beyond those that were taken.
    pub(super) fn has_more(&mut self, workshop: &mut Workshop) -> Decoded<bool> {
        Ok(self.rows_left() > 0 || self.next_data_page(workshop)?.is_some_and(|(_, data)| data.rows > 0))
    }
}

/// Note the next `rows` levels; how many of them stand for values.
fn levels(
    validity: &mut Option<Validity>,
    open: &mut OpenPage,
    max_level: u32,
    page: &[u8],
    rows: usize,
) -> Decoded<usize> {
    match (validity, &mut open.levels) {
        (Some(validity), Some(levels)) => validity.push_levels(levels, max_level, page, rows),
        (Some(validity), None) => {
            validity.push_all(true, rows);
            Ok(rows)
        }
        (None, _) => Ok(rows),
    }
}

fn count_present(mut levels: Hybrid, max_level: u32, page: &[u8], rows: usize) -> Decoded<usize> {
    let mut present = 0;
    levels.runs(page, rows, |run| {
        present += match run {
            Run::Repeat(level, count) => usize::from(level == max_level) * count,
            Run::Block(block) => block.iter().filter(|level| **level == max_level).count(),
        };
    })?;
    Ok(present)
}

/// The batch's buffer, taken from the pool the first time that it is needed.
fn out<'o>(
    buffer: &'o mut Option<Buffer<u64>>,
    consumer: &MemoryConsumer,
    batch_rows: usize,
    width: usize,
) -> Decoded<&'o mut [u8]> {
    let buffer = match buffer {
        Some(buffer) => buffer,
        none => none.insert(consumer.buffer(words(batch_rows * width))?),
    };
    Ok(bytemuck::cast_slice_mut(buffer))
}
