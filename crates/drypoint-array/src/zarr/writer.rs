//! Arrays and groups written chunk by chunk; what is written appears whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use drypoint_memory::MemoryConsumer;
use serde_json::{Map, Value, json};

use super::chain::{Chain, Item, Kept, Work, turn};
use super::compressor::{Compressor, most_encoded};
use super::data_type;
use super::fault::Fault;
use super::group::DOCUMENT;
use super::keys::Keys;
use super::metadata::Metadata;
use super::region::{self, Part, Place, each_chunk};
use super::shard::Shard;
use crate::folder::NewFolder;
use crate::threads::share;
use crate::{ArrayError, Chunked, DType, Result, Scratch};

/// What makes fewer bytes of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZarrCompression {
    /// The items as they are.
    None,
    /// Zstandard; 0 is its usual level.
    Zstd {
        /// -131072 to 22.
        level: i32,
    },
    /// Deflate with a checksum.
    Gzip {
        /// 0 to 9.
        level: u32,
    },
}

/// How an array is to be stored.
#[derive(Debug, Clone)]
pub struct ZarrLayout {
    /// Items along each axis.
    pub shape: Vec<usize>,
    /// Items of a chunk along each axis.
    pub chunks: Vec<usize>,
    /// Items of a file of many chunks along each axis; a file for each chunk where there is none.
    pub shards: Option<Vec<usize>>,
    /// How chunks become smaller.
    pub compression: ZarrCompression,
    /// The item that need not be stored; zeros where there is none.
    pub fill: Option<Vec<u8>>,
    /// What the axes are called.
    pub dimension_names: Option<Vec<Option<String>>>,
    /// A JSON object of whatever the user wants to have with it; `{}` for nothing.
    pub attributes: String,
}

/// An array being written. Boxes may be written in any order and by several threads; what is not written is fill.
#[derive(Debug)]
pub struct ZarrWriter {
    folder: PathBuf,
    metadata: Metadata,
    attributes: Map<String, Value>,
    consumer: MemoryConsumer,
    /// None for a member of a group, which appears with the group.
    whole: Option<NewFolder>,
}

/// A group being written, with all its members.
#[derive(Debug)]
pub struct ZarrGroupWriter {
    whole: NewFolder,
    consumer: MemoryConsumer,
}

impl ZarrWriter {
    /// Begin an array that will be `path`. What is there already is refused, or with `replace` gives way at the end.
    ///
    /// # Errors
    /// `Io` where the folder cannot be made (`AlreadyExists` among them), `Unsupported` for a layout that cannot be.
    pub fn create(
        path: &Path,
        dtype: &DType,
        layout: &ZarrLayout,
        replace: bool,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let named = |fault: Fault| fault.named(path.display().to_string());
        let metadata = metadata(dtype, layout).map_err(named)?;
        let attributes = attributes(&layout.attributes).map_err(named)?;
        let whole = NewFolder::create(path, replace).map_err(|error| named(error.into()))?;
        let folder = whole.path().to_path_buf();
        Ok(Self { folder, metadata, attributes, consumer: consumer.clone(), whole: Some(whole) })
    }

    /// The shape of what one file holds: boxes to write begin and end at multiples of it, or at the end of the array.
    pub fn file_shape(&self) -> &[usize] {
        &self.metadata.chunk_shape
    }

    /// Write the box of `shape` at `start` from items in C order and this machine's order of bytes.
    ///
    /// # Errors
    /// `Unsupported` for a box that cuts a file in two or has other than its bytes, `Io` (a full disk), `Budget`.
    pub fn write(&self, start: &[usize], shape: &[usize], items: &[u8]) -> Result<()> {
        self.write_with(&mut self.work(&AtomicBool::new(false)), start, shape, items)
    }

    fn work<'w>(&'w self, stop: &'w AtomicBool) -> Work<'w> {
        Work { item: &self.metadata.item, consumer: &self.consumer, kept: Kept::default(), stop }
    }

    fn write_with(&self, work: &mut Work<'_>, start: &[usize], shape: &[usize], items: &[u8]) -> Result<()> {
        self.check(start, shape, items)?;
        let Metadata { item, chunk_shape, chain, keys, .. } = &self.metadata;
        let named = |fault: Fault| fault.named(self.folder.display().to_string());
        let (from, within) = (Place::whole(shape, item.bytes), Place::whole(chunk_shape, item.bytes));
        let bytes = chunk_shape.iter().product::<usize>() * item.bytes;
        let mut padded = None;
        let ones = vec![1; shape.len()];
        each_chunk(Part { start, step: &ones, count: shape }, chunk_shape, |chunk, part, at| {
            let part = part.count;
            let whole = part == chunk_shape && from.strides == within.strides;
            let chunk_items = if whole {
                let first = from.part(at).first;
                &items[first..first + bytes]
            } else {
                let buffer = match &mut padded {
                    Some(buffer) => buffer,
                    none => none.insert(self.consumer.buffer::<u8>(bytes)?),
                };
                if part != chunk_shape {
                    region::repeat(&item.fill, buffer);
                }
                region::copy(part, item.bytes, (items, &from.part(at)), (&mut *buffer, &within));
                &**buffer
            };
            let encoder = self.consumer.try_reserve(most_encoded(bytes))?;
            if let Some(encoded) = chain.encode(work, chunk_shape, chunk_items).map_err(named)? {
                put(&self.folder, &keys.key(chunk), &encoded).map_err(|error| named(error.into()))?;
            }
            drop(encoder);
            Ok(())
        })
    }

    /// Write all of `source` as the box that begins at `at`, on up to `threads` threads; each holds a file's items, and what
    /// they become. Items in the other order of bytes are turned round.
    ///
    /// # Errors
    /// Those of [`ZarrWriter::write`], those of reading `source`, and `Cancelled` once `stop` is set.
    pub fn write_from(
        &self,
        source: &dyn Chunked,
        at: &[usize],
        threads: usize,
        stop: &AtomicBool,
    ) -> Result<()> {
        let Metadata { item, chunk_shape, shape, .. } = &self.metadata;
        let count = source.shape();
        if at.len() != shape.len() || count.len() != shape.len() || source.dtype().item_bytes() != item.bytes
        {
            let what =
                format!("writing {count:?} of type {:?} at {at:?} of {shape:?}", source.dtype().name());
            return Err(ArrayError::Unsupported { name: source.name(), what });
        }
        let grid: Vec<usize> =
            count.iter().zip(chunk_shape).map(|(items, file)| items.div_ceil(*file)).collect();
        let files: usize = grid.iter().product();
        let next = AtomicUsize::new(0);
        // Whoever fails leaves nothing for the others to do.
        let done = || next.store(files, Ordering::Relaxed);
        let work = || -> Result<()> {
            let (mut scratch, mut tools) = (Scratch::default(), self.work(stop));
            loop {
                let mut number = next.fetch_add(1, Ordering::Relaxed);
                if number >= files {
                    return Ok(());
                }
                let mut start = vec![0; count.len()];
                for axis in (0..count.len()).rev() {
                    start[axis] = number % grid[axis] * chunk_shape[axis];
                    number /= grid[axis];
                }
                let part: Vec<usize> =
                    (0..count.len()).map(|axis| chunk_shape[axis].min(count[axis] - start[axis])).collect();
                let mut items = self.consumer.buffer::<u8>(part.iter().product::<usize>() * item.bytes)?;
                source.read(&start, &part, &mut scratch, &mut items).inspect_err(|_| done())?;
                if source.dtype().swapped() {
                    turn(&mut items, item.swap);
                }
                let place: Vec<usize> = start.iter().zip(at).map(|(start, at)| start + at).collect();
                self.write_with(&mut tools, &place, &part, &items).inspect_err(|_| done())?;
            }
        };
        share(threads.min(files), &work)
    }

    /// Have it end after so many rows: for an array whose length was not known when it was begun.
    pub fn set_rows(&mut self, rows: usize) {
        if let Some(first) = self.metadata.shape.first_mut() {
            *first = rows;
        }
    }

    /// Write what it is, and let it appear if it is not in a group.
    ///
    /// # Errors
    /// `Io`; nothing is left under its name then.
    pub fn commit(self) -> Result<()> {
        let named = |fault: Fault| fault.named(self.folder.display().to_string());
        let document = self.metadata.spelled(&self.attributes).map_err(named)?;
        put(&self.folder, DOCUMENT, &text(&document)).map_err(|error| named(error.into()))?;
        match self.whole {
            Some(whole) => {
                whole.commit().map_err(|error| Fault::from(error).named(self.folder.display().to_string()))
            }
            None => Ok(()),
        }
    }

    fn check(&self, start: &[usize], shape: &[usize], items: &[u8]) -> Result<()> {
        let Metadata { item, chunk_shape, shape: whole, .. } = &self.metadata;
        let axes = whole.len();
        let fits = start.len() == axes
            && shape.len() == axes
            && (0..axes).all(|axis| {
                start[axis].checked_add(shape[axis]).is_some_and(|end| {
                    end <= whole[axis]
                        && start[axis].is_multiple_of(chunk_shape[axis])
                        && (end == whole[axis] || end.is_multiple_of(chunk_shape[axis]))
                })
            });
        if fits && items.len() == shape.iter().product::<usize>() * item.bytes {
            return Ok(());
        }
        Err(ArrayError::Unsupported {
            name: self.folder.display().to_string(),
            what: format!(
                "writing {shape:?} at {start:?} from {} B in files of {chunk_shape:?}",
                items.len()
            ),
        })
    }
}

impl ZarrGroupWriter {
    /// Begin a group that will be `path`. What is there already is refused, or with `replace` gives way at the end.
    ///
    /// # Errors
    /// As for [`ZarrWriter::create`].
    pub fn create(path: &Path, attributes: &str, replace: bool, consumer: &MemoryConsumer) -> Result<Self> {
        let named = |fault: Fault| fault.named(path.display().to_string());
        let fields = self::attributes(attributes).map_err(named)?;
        let whole = NewFolder::create(path, replace).map_err(|error| named(error.into()))?;
        put_group(whole.path(), &fields).map_err(|error| named(error.into()))?;
        Ok(Self { whole, consumer: consumer.clone() })
    }

    /// Begin a member; `a/b` is member `b` of the group `a`. It is part of the group once it is committed.
    ///
    /// # Errors
    /// `Unsupported` for a name that no node has, or a layout that cannot be; `Io`.
    pub fn array(&self, name: &str, dtype: &DType, layout: &ZarrLayout) -> Result<ZarrWriter> {
        let named = |fault: Fault| fault.named(name.to_string());
        let parts: Vec<&str> = name.split('/').collect();
        let plain = |part: &&str| {
            !part.starts_with("__") && part.bytes().any(|byte| byte != b'.') && !part.contains(['\\', '\0'])
        };
        if !parts.iter().all(plain) {
            return Err(ArrayError::Unsupported { name: name.into(), what: "this name for a member".into() });
        }
        let metadata = metadata(dtype, layout).map_err(named)?;
        let attributes = self::attributes(&layout.attributes).map_err(named)?;
        let mut folder = self.whole.path().to_path_buf();
        for part in &parts[..parts.len() - 1] {
            folder.push(part);
            if !folder.join(DOCUMENT).exists() {
                put_group(&folder, &Map::new()).map_err(|error| named(error.into()))?;
            }
        }
        folder.push(parts[parts.len() - 1]);
        fs::create_dir(&folder).map_err(|error| named(error.into()))?;
        Ok(ZarrWriter { folder, metadata, attributes, consumer: self.consumer.clone(), whole: None })
    }

    /// Let the group appear with the members that were committed.
    ///
    /// # Errors
    /// `Io`; nothing is left under its name then.
    pub fn commit(self) -> Result<()> {
        let name = self.whole.path().display().to_string();
        self.whole.commit().map_err(|error| Fault::from(error).named(name))
    }
}

fn metadata(dtype: &DType, layout: &ZarrLayout) -> std::result::Result<Metadata, Fault> {
    // The type by its name in the format has this machine's order.
    let dtype = &data_type::parse(&data_type::spelled(dtype)?)?;
    if dtype.swapped() {
        return Err(Fault::Unsupported(format!(
            "writing items of type {:?}, in the other order,",
            dtype.name()
        )));
    }
    let fill = layout.fill.clone().unwrap_or_else(|| vec![0; dtype.item_bytes()]);
    let item = Item::new(dtype, fill);
    let compressors = match layout.compression {
        ZarrCompression::None => Vec::new(),
        ZarrCompression::Zstd { level } => vec![Compressor::Zstd { level, checksum: false }],
        ZarrCompression::Gzip { level } => vec![Compressor::Gzip { level }],
    };
    let plain = Chain::plain(compressors, &item);
    let (chunk_shape, chain) = match &layout.shards {
        None => (layout.chunks.clone(), plain),
        Some(shards) => (shards.clone(), Chain::sharded(Shard::new(layout.chunks.clone(), plain))),
    };
    let made = Metadata {
        dtype: dtype.clone(),
        shape: layout.shape.clone(),
        chunk_shape,
        keys: Keys::DEFAULT,
        item,
        chain,
        dimension_names: layout.dimension_names.clone(),
    };
    // What we could not read again we do not write.
    let spelled = made.spelled(&Map::new())?;
    let read = spelled.as_object().map(Metadata::parse).transpose()?;
    match read {
        Some(read) if read == made => Ok(made),
        _ => Err(Fault::Unsupported(format!("a layout that reads as another, {spelled},"))),
    }
}

fn attributes(text: &str) -> std::result::Result<Map<String, Value>, Fault> {
    serde_json::from_str(text)
        .map_err(|error| Fault::Unsupported(format!("attributes that are no JSON object ({error})")))
}

fn put_group(folder: &Path, attributes: &Map<String, Value>) -> io::Result<()> {
    let document = json!({"attributes": attributes, "zarr_format": 3, "node_type": "group"});
    put(folder, DOCUMENT, &text(&document))
}

fn text(document: &Value) -> Vec<u8> {
    let mut text = format!("{document:#}").into_bytes();
    text.push(b'\n');
    text
}

/// Write a file and the folders on the way to it.
fn put(folder: &Path, key: &str, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(key);
    match fs::write(&path, bytes) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, bytes)
        }
        done => done,
    }
}
