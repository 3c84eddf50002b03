//! Several sources read as one, one after the other.
//!
//! All readers work on the same source until its work is given out and then go on to the next, so that only a few
//! files are open at a time and the memory of a reader is that of the largest source, not of all. This rests on two
//! habits of a good source: a reader that has given its last batch lets go of its buffers, and a scan whose work is all
//! given out of its file.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::{Batch, Extent, Needs, Reader, Request, Result, Scan, Schema, Source, StreamError};

/// Bits of an order key that belong to the row; those above tell the source.
const ROW_BITS: u32 = 48;
/// More sources than the bits above can tell.
const MOST: usize = 1 << (u64::BITS - ROW_BITS);

/// Sources with the same columns. The first one's schema rules: others may hold more columns, in any order.
pub struct Many {
    name: String,
    sources: Vec<Arc<dyn Source>>,
}

impl std::fmt::Debug for Many {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Many").field("name", &self.name).field("sources", &self.sources.len()).finish()
    }
}

impl Many {
    /// `sources` under one name, in this order. The same source may stand there several times.
    ///
    /// # Errors
    /// `Mismatch` if there is none, if there are more than 65,536, or if one of several can be read only once.
    /// Whether the schemas agree is looked at when columns are asked for.
    pub fn new(name: impl Into<String>, sources: Vec<Arc<dyn Source>>) -> Result<Self> {
        let name = name.into();
        let refuse = |what: String| Err(StreamError::Mismatch { name: name.clone(), what });
        if sources.is_empty() || sources.len() > MOST {
            return refuse(format!("{} sources, possible are 1 to {MOST}", sources.len()));
        }
        if let Some(source) = sources.iter().find(|source| source.one_shot() && sources.len() > 1) {
            return refuse(format!("{} can be read only once", source.name()));
        }
        Ok(Self { name, sources })
    }

    fn first(&self) -> &dyn Source {
        &*self.sources[0]
    }

    /// Where `source` has our column `column`, or why it has not.
    fn column_of(&self, source: &dyn Source, column: usize) -> Result<usize> {
        let Some(field) = self.schema().fields.get(column) else {
            let what = format!("column {column} of {} was asked for", self.schema().fields.len());
            return Err(StreamError::Mismatch { name: self.name(), what });
        };
        let mismatch = |what| Err(StreamError::Mismatch { name: source.name(), what });
        let first = self.first().name();
        let Some(place) = source.schema().fields.iter().position(|other| other.name == field.name) else {
            return mismatch(format!("has no column {:?}, which {first} has", field.name));
        };
        let other = &source.schema().fields[place].data_type;
        if field.data_type.agrees_with(other) {
            Ok(place)
        } else {
            mismatch(format!("column {:?} is {other}, in {first} it is {}", field.name, field.data_type))
        }
    }

    /// The same request in the words of one of the sources.
    fn request_of(&self, source: &dyn Source, request: &Request) -> Result<Request> {
        let columns: Result<Vec<usize>> =
            request.columns.iter().map(|column| self.column_of(source, *column)).collect();
        Ok(Request { columns: columns?, ..request.clone() })
    }

    /// The same window in the words of one of the sources.
    fn window_of(&self, source: &dyn Source, window: &[(usize, Extent)]) -> Result<Vec<(usize, Extent)>> {
        window.iter().map(|(column, extent)| Ok((self.column_of(source, *column)?, *extent))).collect()
    }

    /// Each source once, however often it stands in the list.
    fn distinct(&self) -> impl Iterator<Item = &Arc<dyn Source>> {
        let mut seen = std::collections::HashSet::new();
        self.sources.iter().filter(move |source| seen.insert(Arc::as_ptr(source).cast::<()>()))
    }
}

impl Source for Many {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn schema(&self) -> &Schema {
        self.first().schema()
    }

    fn rows(&self) -> Option<u64> {
        self.sources.iter().try_fold(0u64, |sum, source| sum.checked_add(source.rows()?))
    }

    fn extent(&self, column: usize) -> Option<Extent> {
        let mut whole: Option<Extent> = None;
        for source in self.distinct().filter(|source| source.rows() != Some(0)) {
            let part = source.extent(self.column_of(&**source, column).ok()?)?;
            whole = Some(whole.map_or(part, |whole| whole.union(part)));
        }
        whole
    }

    fn one_shot(&self) -> bool {
        self.sources.iter().any(|source| source.one_shot())
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        let mut all = Needs { shared_bytes: 0, reader_bytes: 0, max_readers: 0 };
        for source in self.distinct() {
            let needs = source.needs(&self.request_of(&**source, request)?)?;
            all.shared_bytes = all.shared_bytes.saturating_add(needs.shared_bytes);
            all.reader_bytes = all.reader_bytes.max(needs.reader_bytes);
            all.max_readers = all.max_readers.max(needs.max_readers);
        }
        // While one reader is busy with a source's last piece, another is already at the next source.
        all.max_readers = all.max_readers.max(self.sources.len());
        Ok(all)
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        self.scan_within(request, &[])
    }

    fn scan_within<'s>(
        &'s self,
        request: &Request,
        window: &[(usize, Extent)],
    ) -> Result<Box<dyn Scan + 's>> {
        // Whatever does not fit is told before the first row is read.
        for source in self.distinct() {
            self.request_of(&**source, request)?;
            self.window_of(&**source, window)?;
        }
        let scans = self.sources.iter().map(|_| OnceLock::new()).collect();
        Ok(Box::new(ManyScan {
            many: self,
            request: request.clone(),
            window: window.to_vec(),
            scans,
            opening: Mutex::new(()),
        }))
    }
}

struct ManyScan<'m> {
    many: &'m Many,
    request: Request,
    window: Vec<(usize, Extent)>,
    /// Begun when the first reader arrives.
    scans: Vec<OnceLock<Box<dyn Scan + 'm>>>,
    opening: Mutex<()>,
}

impl<'m> ManyScan<'m> {
    fn scan(&self, index: usize) -> Result<&(dyn Scan + 'm)> {
        // No state is under the lock that a panic elsewhere could have left broken.
        let _one = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = &self.scans[index];
        if slot.get().is_none() {
            let source = &*self.many.sources[index];
            let request = self.many.request_of(source, &self.request)?;
            let scan = source.scan_within(&request, &self.many.window_of(source, &self.window)?)?;
            // Nobody else can have set it: we hold the lock.
            return Ok(&**slot.get_or_init(|| scan));
        }
        slot.get().map(|scan| &**scan).ok_or(StreamError::Cancelled)
    }
}

impl Scan for ManyScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let slots = self.scans.iter().map(|_| None).collect();
        Ok(Box::new(ManyReader { scan: self, at: 0, slots }))
    }

    fn passed_over(&self) -> u64 {
        self.scans.iter().filter_map(OnceLock::get).map(|scan| scan.passed_over()).sum()
    }
}

struct ManyReader<'s, 'm> {
    scan: &'s ManyScan<'m>,
    /// The source in work.
    at: usize,
    /// Readers of the sources, of which only the one in work is kept.
    slots: Vec<Option<Box<dyn Reader + 's>>>,
}

impl Reader for ManyReader<'_, '_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        let Self { scan, at, slots } = self;
        let (first, end) = (*at, slots.len());
        // Those that the last call came past. (They cannot be dropped where they end: the borrow checker takes their
        // last answer for a batch that is still in use.)
        for finished in slots[..first].iter_mut().rev().take_while(|slot| slot.is_some()) {
            *finished = None;
        }
        for (index, slot) in slots.iter_mut().enumerate().skip(first) {
            *at = index;
            let reader = match slot {
                Some(reader) => reader,
                none => none.insert(scan.scan(index)?.reader()?),
            };
            if let Some(mut batch) = reader.next()? {
                batch.order |= (index as u64) << ROW_BITS;
                return Ok(Some(batch));
            }
        }
        *at = end;
        Ok(None)
    }
}
