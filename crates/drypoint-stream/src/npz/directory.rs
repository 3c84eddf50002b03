//! Which arrays an archive holds, and where their bytes lie.

use std::io::{self, Read};
use std::ops::Range;

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};

use crate::npy::header_error;
use crate::npy::layout::{ArrayLayout, HeaderError, PREAMBLE, header_end, read_layout};
use crate::{Result, StreamError};

/// An array within an archive.
#[derive(Debug)]
pub(super) struct Member {
    /// Its name without `.npy`.
    pub(super) name: String,
    /// What its header says, or why it is not a column.
    pub(super) layout: std::result::Result<ArrayLayout, String>,
    /// Where its packed bytes lie in the archive.
    pub(super) packed: Range<usize>,
    pub(super) deflated: bool,
    /// Bytes of the array, header included, when unpacked.
    pub(super) size: u64,
    /// Their checksum.
    pub(super) crc: u32,
}

/// More arrays than this are refused.
const MOST_MEMBERS: usize = 1 << 16;

/// Read the directory of the archive in `bytes`, and the header of each array in it.
pub(super) fn read_members(name: &str, bytes: &[u8]) -> Result<Vec<Member>> {
    let corrupt = |what: String| StreamError::Corrupt { name: name.to_string(), what };
    let archive =
        ZipArchive::from_slice(bytes).map_err(|error| corrupt(format!("no zip archive ({error})")))?;
    let mut entries = archive.entries();
    let mut members = Vec::new();
    loop {
        let entry = entries.next_entry().map_err(|error| corrupt(format!("in its directory ({error})")))?;
        let Some(entry) = entry else { break };
        let path = entry.file_path();
        let path = String::from_utf8_lossy(path.as_bytes());
        let Some(member) = path.strip_suffix(".npy") else { continue };
        if members.len() == MOST_MEMBERS {
            let what = format!("an archive of more than {MOST_MEMBERS} arrays");
            return Err(StreamError::Unsupported { name: name.to_string(), what });
        }
        let deflated = match entry.compression_method() {
            CompressionMethod::Store => false,
            CompressionMethod::Deflate => true,
            method => {
                let what = format!("{method:?} compression (member {member:?})");
                return Err(StreamError::Unsupported { name: name.to_string(), what });
            }
        };
        let found = archive.get_entry(entry.wayfinder()).map_err(|error| {
            corrupt(format!("member {member:?} is not where its directory says ({error})"))
        })?;
        let (start, end) = found.compressed_data_range();
        let member = Member {
            name: member.to_string(),
            layout: Err(String::new()),
            packed: start as usize..end as usize,
            deflated,
            size: entry.uncompressed_size_hint(),
            crc: entry.crc32(),
        };
        members.push(member.with_layout(name, bytes)?);
    }
    Ok(members)
}

impl Member {
    /// Read the array's header. A kind of array that is not read leaves its reason; a damaged one is an error.
    fn with_layout(mut self, name: &str, archive: &[u8]) -> Result<Member> {
        let member_name = format!("{name}, member {:?}", self.name);
        let packed = archive.get(self.packed.clone()).unwrap_or_default();
        let size = if self.deflated { self.size } else { packed.len() as u64 };
        let layout = if self.deflated { inflate_header(packed) } else { read_layout(packed) };
        self.layout = match layout {
            Ok(layout) if layout.end as u64 > size => {
                let what = format!("its header promises {} B, there are {size} B", layout.end);
                return Err(StreamError::Corrupt { name: member_name, what });
            }
            Ok(layout) => Ok(layout),
            Err(HeaderError::Unsupported(what)) => Err(what),
            Err(corrupt) => return Err(header_error(&member_name, corrupt)),
        };
        Ok(self)
    }
}

/// Unpack just the header of an array, and read it.
fn inflate_header(packed: &[u8]) -> std::result::Result<ArrayLayout, HeaderError> {
    let corrupt = |error: io::Error| HeaderError::Corrupt(format!("it cannot be unpacked ({error})"));
    let mut inflated = DeflateDecoder::new(packed);
    let mut header = Vec::new();
    inflated.by_ref().take(PREAMBLE as u64).read_to_end(&mut header).map_err(corrupt)?;
    let end = header_end(&header)?;
    inflated.take(end.saturating_sub(header.len()) as u64).read_to_end(&mut header).map_err(corrupt)?;
    read_layout(&header)
}
