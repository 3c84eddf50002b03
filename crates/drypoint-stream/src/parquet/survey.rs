//! How large the pages are: what a reader needs is told by them and by nothing else in the file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use drypoint_memory::MemoryConsumer;

use super::codec::Codec;
use super::fault::Fault;
use super::footer::Footer;
use super::header::PageKind;
use super::page::{Pages, Workshop};
use super::positioned::PositionedFile;

/// Row groups looked at, evenly spread.
const GROUPS: usize = 32;
/// Page headers looked at in all those groups together, and at least in each.
const HEADERS: usize = 256;
const HEADERS_EACH: usize = 8;

/// The largest pages found in a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageSizes {
    pub(super) compressed: usize,
    pub(super) uncompressed: usize,
    /// Bytes of the largest dictionary page; 0 if there is none.
    pub(super) dictionary: usize,
    /// Bytes of a row, on average.
    pub(super) row_bytes: usize,
    pub(super) codec: Codec,
    pub(super) delta: bool,
}

/// Sizes by leaf, looked up once.
#[derive(Debug, Default)]
pub(super) struct Survey(Mutex<HashMap<usize, PageSizes>>);

impl Survey {
    /// The sizes of a leaf's pages. Fails with the row group where headers cannot be read.
    pub(super) fn pages(
        &self,
        footer: &Footer,
        leaf: usize,
        file: &Arc<PositionedFile>,
        consumer: &MemoryConsumer,
    ) -> Result<PageSizes, (usize, Fault)> {
        let known = |survey: &Self| -> Option<PageSizes> {
            survey.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(&leaf).copied()
        };
        if let Some(sizes) = known(self) {
            return Ok(sizes);
        }
        let sizes = look(footer, leaf, file, consumer)?;
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(leaf, sizes);
        Ok(sizes)
    }
}

fn look(
    footer: &Footer,
    leaf: usize,
    file: &Arc<PositionedFile>,
    consumer: &MemoryConsumer,
) -> Result<PageSizes, (usize, Fault)> {
    let count = footer.groups.len();
    let sampled = count.min(GROUPS);
    let each = HEADERS_EACH.max(HEADERS / sampled.max(1));
    let mut workshop = Workshop::new(file.clone(), consumer);
    let mut sizes = PageSizes {
        compressed: 0,
        uncompressed: 0,
        dictionary: 0,
        row_bytes: 0,
        codec: Codec::Uncompressed,
        delta: false,
    };
    let (mut bytes, mut rows) = (0u64, 0u64);
    for sample in 0..sampled {
        // First and last included.
        let group = if sampled == 1 { 0 } else { sample * (count - 1) / (sampled - 1) };
        let chunk = footer.chunk(group, leaf);
        bytes = bytes.saturating_add(chunk.uncompressed);
        rows = rows.saturating_add(footer.groups[group].rows);
        sizes.delta |= chunk.delta;
        if chunk.codec.state_bytes() >= sizes.codec.state_bytes() && chunk.codec != Codec::Uncompressed {
            sizes.codec = chunk.codec;
        }
        let mut pages = Pages::of(chunk);
        for _ in 0..each {
            let Some(header) = pages.header(&mut workshop).map_err(|fault| (group, fault))? else { break };
            sizes.compressed = sizes.compressed.max(header.compressed);
            match header.kind {
                PageKind::Data(_) => sizes.uncompressed = sizes.uncompressed.max(header.uncompressed),
                PageKind::Dictionary { .. } => sizes.dictionary = sizes.dictionary.max(header.uncompressed),
                PageKind::Other => {}
            }
            pages.skip(&header);
        }
    }
    sizes.row_bytes = usize::try_from(bytes.div_ceil(rows.max(1))).unwrap_or(usize::MAX);
    Ok(sizes)
}
