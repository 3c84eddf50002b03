//! Pages of one column chunk, one after the other: skipped by their headers, or read into a buffer that is reused.

use std::sync::Arc;

use drypoint_memory::{Buffer, MemoryConsumer};

use super::codec::{Codec, Decompressor};
use super::fault::{Decoded, Fault};
use super::footer::Chunk;
use super::header::{DataPage, Levels, PageHeader, PageKind};
use super::positioned::PositionedFile;
use super::thrift::Stop;

/// Bytes read for a header at first; headers with long statistics take more.
const HEADER_GUESS: usize = 256;
/// Headers longer than this are not believed.
const HEADER_LONGEST: usize = 16 << 20;

/// Spare room after a page; of a page of many megabytes an eighth would be too much.
const MOST_SPARE: usize = 64 << 10;

/// Words of a buffer that holds `length` bytes: words and not bytes, so that values can be used in place.
pub(super) fn words(length: usize) -> usize {
    length.div_ceil(size_of::<u64>())
}

/// A buffer that grows and forgets.
#[derive(Debug)]
pub(super) struct Room {
    consumer: MemoryConsumer,
    block: Option<Buffer<u64>>,
}

impl Room {
    pub(super) fn new(consumer: &MemoryConsumer) -> Self {
        Self { consumer: consumer.clone(), block: None }
    }

    /// What [`Room::at_least`] takes from the pool for `length` bytes: a little more, because pages vary.
    pub(super) fn bytes_for(length: usize) -> usize {
        words(length.saturating_add((length / 8).min(MOST_SPARE))) * size_of::<u64>()
    }

    /// Bytes to write to, 8-byte aligned, at least `length`; what was there before is lost.
    pub(super) fn at_least(&mut self, length: usize) -> Decoded<&mut [u8]> {
        if self.block.as_ref().is_none_or(|block| size_of_val::<[u64]>(block) < length) {
            self.block = None; // returned before more is asked for
            self.block = Some(self.consumer.buffer(words(Self::bytes_for(length)))?);
        }
        match &mut self.block {
            Some(block) => Ok(bytemuck::cast_slice_mut(block)),
            None => Ok(&mut []),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.block.as_ref().map_or(&[], |block| bytemuck::cast_slice(block))
    }
}

/// What all columns of a reader share.
#[derive(Debug)]
pub(super) struct Workshop {
    file: Arc<PositionedFile>,
    compressed: Room,
    decompressor: Decompressor,
    header: Vec<u8>,
}

impl Workshop {
    pub(super) fn new(file: Arc<PositionedFile>, consumer: &MemoryConsumer) -> Self {
        Self {
            file,
            compressed: Room::new(consumer),
            decompressor: Decompressor::default(),
            header: vec![0; HEADER_GUESS],
        }
    }

    /// Bytes that it holds for itself where pages have `compressed` bytes.
    pub(super) fn bytes_for(compressed: usize, codec: Codec) -> usize {
        let room = if codec == Codec::Uncompressed { 0 } else { Room::bytes_for(compressed) };
        room + codec.state_bytes() + HEADER_GUESS
    }
}

/// A place between the pages of a chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pages {
    at: u64,
    end: u64,
    codec: Codec,
    /// No page is larger than its chunk.
    uncompressed: u64,
}

impl Pages {
    pub(super) fn of(chunk: &Chunk) -> Self {
        Self {
            at: chunk.start,
            end: chunk.start + chunk.length,
            codec: chunk.codec,
            uncompressed: chunk.uncompressed,
        }
    }

    /// The header of the next page; afterwards one of `skip` and `read` must be called with it.
    pub(super) fn header(&mut self, workshop: &mut Workshop) -> Decoded<Option<PageHeader>> {
        let left = self.end - self.at;
        if left == 0 {
            return Ok(None);
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(HEADER_LONGEST);
        let mut guess = HEADER_GUESS;
        loop {
            let length = guess.min(most);
            if workshop.header.len() < length {
                workshop.header.resize(length, 0);
            }
            let bytes = &mut workshop.header[..length];
            workshop.file.read_at(self.at, bytes)?;
            match PageHeader::parse(bytes) {
                Ok(header) => {
                    self.check(&header, left)?;
                    self.at += header.length as u64;
                    return Ok(Some(header));
                }
                Err(Stop::Short) if length < most => guess *= 8,
                Err(_) => return Err(Fault::damaged(format!("no page header at byte {}", self.at))),
            }
        }
    }

    /// Refuse sizes that cannot be, before any memory is taken.
    fn check(&self, header: &PageHeader, left: u64) -> Decoded<()> {
        let PageHeader { compressed, uncompressed, length, .. } = *header;
        if length as u64 + compressed as u64 > left {
            return Err(Fault::damaged(format!("a page of {compressed} B with {left} B left in its chunk")));
        }
        if uncompressed as u64 > self.uncompressed {
            let whole = self.uncompressed;
            return Err(Fault::damaged(format!("a page of {uncompressed} B in a chunk of {whole} B")));
        }
        if let PageKind::Data(DataPage { levels: Levels::Apart { definition, repetition, .. }, .. }) =
            header.kind
            && definition + repetition > compressed.min(uncompressed)
        {
            return Err(Fault::damaged(format!("{definition} B of levels in a page of {compressed} B")));
        }
        Ok(())
    }

    /// Leave the page's bytes out.
    pub(super) fn skip(&mut self, header: &PageHeader) {
        self.at += header.compressed as u64;
    }

    /// Put the decompressed page at the beginning of `room`.
    pub(super) fn read(
        &mut self,
        header: &PageHeader,
        workshop: &mut Workshop,
        room: &mut Room,
    ) -> Decoded<()> {
        let PageHeader { compressed, uncompressed, .. } = *header;
        // Levels of version 2 pages are never compressed, and the values only if the header says so.
        let (bare, codec) = match header.kind {
            PageKind::Data(DataPage {
                levels: Levels::Apart { definition, repetition, compressed }, ..
            }) => (definition + repetition, if compressed { self.codec } else { Codec::Uncompressed }),
            _ => (0, self.codec),
        };
        codec.check(compressed - bare, uncompressed - bare)?;
        let page = &mut room.at_least(uncompressed)?[..uncompressed];
        if codec == Codec::Uncompressed {
            workshop.file.read_at(self.at, page)?;
        } else {
            let bytes = &mut workshop.compressed.at_least(compressed)?[..compressed];
            workshop.file.read_at(self.at, bytes)?;
            page[..bare].copy_from_slice(&bytes[..bare]);
            workshop.decompressor.decompress(codec, &bytes[bare..], &mut page[bare..])?;
        }
        self.at += compressed as u64;
        Ok(())
    }
}
