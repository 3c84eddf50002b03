//! Archives with deflated members: unpacked from front to back, a batch at a time.
//!
//! Deflate has no way in but the front, so one hand unpacks rows in order, behind a lock, and readers turn them into columns
//! beside it. A member in C order is unpacked once however many of its columns are asked for; of one in Fortran order each
//! column is unpacked on its own, from the front, as its columns lie one after the other.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use drypoint_memory::{Buffer, MemoryReservation};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::npy::gather::{Gatherer, check_readable};
use crate::npy::layout::ArrayColumn;
use crate::raw::mapping::Mapping;
use crate::{Batch, Needs, Reader, Request, Result, Scan, StreamError};

use super::NpzColumn;
use super::directory::Member;

/// What an inflate decoder holds on its own: the window twice, and tables (measured: 43 KiB, rounded up).
const DECODER_BYTES: usize = 64 << 10;

/// Unpacked bytes of a stream in one batch, unless one row is longer.
const BLOCK_BYTES: usize = 512 << 10;

/// Packed bytes behind a stream before their pages are given back.
const RELEASE_BYTES: usize = 1 << 20;

/// What must be unpacked: the rows of one array in C order, or of one column in Fortran order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Track {
    member: usize,
    /// Where the rows begin in the unpacked member.
    base: usize,
    stride: usize,
}

/// Which tracks and batch sizes a request comes to.
#[derive(Debug)]
struct Plan {
    tracks: Vec<Track>,
    /// For each column its track.
    track_of: Vec<usize>,
    columns: Vec<NpzColumn>,
    batch_rows: usize,
}

impl Plan {
    fn new(name: &str, columns: Vec<NpzColumn>, rows: u64, request: &Request) -> Result<Plan> {
        let mut tracks = Vec::new();
        let mut track_of = Vec::new();
        let mut batch_rows = request.batch_rows.clamp(1, usize::try_from(rows.max(1)).unwrap_or(usize::MAX));
        for column in &columns {
            let ArrayColumn { element, base, stride, .. } = &column.array;
            check_readable(name, &column.name, element)?;
            batch_rows = element.batch_rows(batch_rows).min(BLOCK_BYTES / stride).max(1);
            let track = Track { member: column.member, base: *base, stride: *stride };
            let place = tracks.iter().position(|known| *known == track).unwrap_or_else(|| {
                tracks.push(track);
                tracks.len() - 1
            });
            track_of.push(place);
        }
        Ok(Plan { tracks, track_of, columns, batch_rows })
    }

    /// Whether a column can be shown where it lies in its block of rows.
    fn views(&self, column: &ArrayColumn) -> bool {
        column.element.views(column.offset - column.base, column.stride)
    }
}

/// What a scan of `columns` would hold.
pub(super) fn needs(name: &str, columns: Vec<NpzColumn>, rows: u64, request: &Request) -> Result<Needs> {
    let plan = Plan::new(name, columns, rows, request)?;
    let blocks: usize = plan.tracks.iter().map(|track| block_words(track, plan.batch_rows) * 8).sum();
    let gathered: usize = plan
        .columns
        .iter()
        .map(|column| column.array.element.gathered_bytes(plan.batch_rows, plan.views(&column.array)))
        .sum();
    Ok(Needs {
        shared_bytes: plan.tracks.len() * (DECODER_BYTES + RELEASE_BYTES),
        reader_bytes: blocks + gathered,
        max_readers: 2,
    })
}

fn block_words(track: &Track, rows: usize) -> usize {
    (track.stride * rows).div_ceil(8)
}

/// One member being unpacked.
struct Unpacker<'s> {
    mapping: &'s Mapping,
    packed: Range<usize>,
    source: Source<'s>,
    crc: Crc,
    /// Unpacked so far.
    position: u64,
    size: u64,
    expected_crc: u32,
    /// Packed bytes whose pages were given back.
    released: usize,
}

enum Source<'s> {
    Stored(&'s [u8]),
    Deflated(Box<DeflateDecoder<&'s [u8]>>),
}

impl<'s> Unpacker<'s> {
    fn new(mapping: &'s Mapping, member: &Member) -> Unpacker<'s> {
        let packed = mapping.bytes().get(member.packed.clone()).unwrap_or_default();
        let source = match member.deflated {
            true => Source::Deflated(Box::new(DeflateDecoder::new(packed))),
            false => Source::Stored(packed),
        };
        Unpacker {
            mapping,
            packed: member.packed.clone(),
            source,
            crc: Crc::new(),
            position: 0,
            size: member.size,
            expected_crc: member.crc,
            released: 0,
        }
    }

    /// Fill `block` with what follows; at the member's end, compare its checksum.
    fn fill(&mut self, block: &mut [u8]) -> io::Result<()> {
        match &mut self.source {
            Source::Stored(rest) => rest.read_exact(block)?,
            Source::Deflated(decoder) => decoder.read_exact(block)?,
        }
        self.crc.update(block);
        self.position += block.len() as u64;
        self.release();
        if self.position == self.size && self.crc.sum() != self.expected_crc {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum is wrong"));
        }
        Ok(())
    }

    fn skip_to(&mut self, position: u64) -> io::Result<()> {
        let mut scratch = [0; 8 << 10];
        while self.position < position {
            let step = (position - self.position).min(scratch.len() as u64) as usize;
            self.fill(&mut scratch[..step])?;
        }
        Ok(())
    }

    fn release(&mut self) {
        let consumed = match &self.source {
            Source::Stored(rest) => self.packed.len() - rest.len(),
            Source::Deflated(decoder) => decoder.total_in() as usize,
        };
        if consumed - self.released >= RELEASE_BYTES {
            self.mapping.release(self.packed.start + self.released..self.packed.start + consumed);
            self.released = consumed;
        }
    }
}

/// The hand that unpacks.
struct Tracks<'s> {
    unpackers: Vec<Unpacker<'s>>,
    next_row: u64,
}

/// A reading of an archive some of whose members are deflated.
pub(super) struct InflateScan<'s> {
    name: String,
    plan: Plan,
    rows: u64,
    tracks: Mutex<Tracks<'s>>,
    request: Request,
    _decoders: MemoryReservation,
}

impl<'s> InflateScan<'s> {
    pub(super) fn new(
        name: String,
        mapping: &'s Mapping,
        members: &[Member],
        columns: Vec<NpzColumn>,
        rows: u64,
        request: &Request,
    ) -> Result<InflateScan<'s>> {
        let plan = Plan::new(&name, columns, rows, request)?;
        let decoders = request.consumer.try_reserve(plan.tracks.len() * (DECODER_BYTES + RELEASE_BYTES))?;
        let unpackers =
            plan.tracks.iter().map(|track| Unpacker::new(mapping, &members[track.member])).collect();
        let tracks = Mutex::new(Tracks { unpackers, next_row: 0 });
        Ok(InflateScan { name, plan, rows, tracks, request: request.clone(), _decoders: decoders })
    }
}

impl Scan for InflateScan<'_> {
    fn reader<'s>(&'s self) -> Result<Box<dyn Reader + 's>> {
        let consumer = &self.request.consumer;
        let plan = &self.plan;
        let blocks = plan.tracks.iter().map(|track| consumer.buffer(block_words(track, plan.batch_rows)));
        let gatherers = plan.columns.iter().map(|column| {
            Gatherer::new(&column.array.element, plan.batch_rows, plan.views(&column.array), consumer)
        });
        let gatherers = gatherers.collect::<Result<Vec<_>>>()?;
        Ok(Box::new(InflateReader {
            scan: self,
            blocks: blocks.collect::<std::result::Result<_, _>>()?,
            gatherers,
        }))
    }
}

struct InflateReader<'a, 's> {
    scan: &'a InflateScan<'s>,
    /// Unpacked rows of each track. Words, so that numbers in them are aligned.
    blocks: Vec<Buffer<u64>>,
    gatherers: Vec<Gatherer>,
}

impl Reader for InflateReader<'_, '_> {
    fn next(&mut self) -> Result<Option<Batch<'_>>> {
        self.scan.request.cancel.check()?;
        let Some((start, rows)) = self.unpack()? else { return Ok(None) };
        let plan = &self.scan.plan;
        let mut columns = Vec::with_capacity(plan.columns.len());
        for ((column, gatherer), track) in plan.columns.iter().zip(&mut self.gatherers).zip(&plan.track_of) {
            let corrupt = |what: &str| StreamError::Corrupt {
                name: self.scan.name.clone(),
                what: format!(
                    "column {:?} holds {what} in rows {start} to {}",
                    column.name,
                    start + rows as u64
                ),
            };
            let block: &[u8] = bytemuck::cast_slice(&self.blocks[*track][..]);
            let bytes = &block[column.array.offset - column.array.base..];
            gatherer.fill(bytes, column.array.stride, rows).map_err(corrupt)?;
            columns.push(gatherer.column(bytes, rows).ok_or_else(|| corrupt("fewer bytes than rows"))?);
        }
        Ok(Some(Batch { rows, order: start, columns }))
    }
}

impl InflateReader<'_, '_> {
    /// Unpack the next rows of each track into this reader's blocks; the first row and their number.
    fn unpack(&mut self) -> Result<Option<(u64, usize)>> {
        let scan = self.scan;
        let mut tracks = scan.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        let start = tracks.next_row;
        let rows = (scan.rows - start).min(scan.plan.batch_rows as u64) as usize;
        if rows == 0 {
            return Ok(None);
        }
        for ((track, unpacker), block) in
            scan.plan.tracks.iter().zip(&mut tracks.unpackers).zip(&mut self.blocks)
        {
            let block: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut block[..])[..rows * track.stride];
            let first = track.base as u64 + start * track.stride as u64;
            let unpacked = unpacker.skip_to(first).and_then(|()| unpacker.fill(block));
            if let Err(error) = unpacked {
                // Nobody goes on behind damage.
                tracks.next_row = scan.rows;
                let what = format!("rows {start} to {} cannot be unpacked ({error})", start + rows as u64);
                return Err(StreamError::Corrupt { name: scan.name.clone(), what });
            }
        }
        tracks.next_row += rows as u64;
        Ok(Some((start, rows)))
    }
}
