//! An aggregate as a file: an uncompressed `.npz`, which NumPy opens too (docs/formats/aggregate.md).

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use drypoint_memory::{Buffer, MemoryConsumer, Pod};
use drypoint_stream::OutputFile;
use rawzip::{
    CompressionMethod, FileReader, ZipArchive, ZipArchiveEntryWayfinder, ZipArchiveWriter, ZipDataWriter,
};

use super::about::{About, CellType};
use super::{Aggregate, Cells, Planes, Support};
use crate::{Canvas, CanvasError, Reduction, Result};

#[cfg(target_endian = "big")]
compile_error!("aggregates are written as they lie in memory, which must be little-endian");

pub(crate) const ABOUT: &str = "about.txt";
/// Longer descriptions are not ours.
const ABOUT_BYTES: u64 = 1 << 24;
/// Members that the format knows: cells, counts, means, keys, and the description.
const MOST_MEMBERS: usize = 8;

impl Aggregate {
    /// Write everything to `path`, which afterwards is whole, or as it was before.
    ///
    /// A summary is saved part by part.
    pub fn save(&self, path: &Path) -> Result<()> {
        if matches!(self.support, Support::Parts(_)) {
            let what = "the aggregates of a summary are saved one by one".into();
            return Err(CanvasError::BadReduction { reduction: Box::new(self.reduction.clone()), what });
        }
        let io = |error| CanvasError::Io { path: path.to_path_buf(), error };
        let mut out = OutputFile::create(path).map_err(io)?;
        self.write(&mut out).and_then(|()| out.commit()).map_err(io)
    }

    fn about(&self) -> About {
        let counts = match &self.support {
            Support::Counts(counts) | Support::Moments { counts, .. } | Support::Tally(counts) => {
                Some(CellType::of(counts))
            }
            _ => None,
        };
        let keys = matches!(&self.support, Support::Keys(_) | Support::Selected { keys: Some(_), .. });
        About {
            canvas: self.canvas.clone(),
            reduction: self.reduction.clone(),
            categories: self.categories.clone(),
            rows: self.rows,
            skipped: self.skipped,
            cells: CellType::of(&self.planes),
            counts,
            means: matches!(self.support, Support::Moments { .. }),
            keys,
            selectors: matches!(self.support, Support::Selected { .. }),
            tiles: None,
        }
    }

    fn write(&self, target: impl Write) -> io::Result<()> {
        let mut archive = Archive::new(target);
        let shape = shape(&self.canvas, &self.reduction, self.planes());
        let tally = [self.categories.len(), self.height(), self.width()];
        let mut array = |name: &str, planes: &Planes| -> io::Result<()> {
            let shape = if matches!(self.support, Support::Tally(_)) && name == "counts.npy" {
                &tally[..]
            } else {
                &shape
            };
            let bytes = match planes.cells() {
                Cells::Bool(cells) => cells,
                Cells::U32(cells) => bytemuck::cast_slice(cells),
                Cells::U64(cells) => bytemuck::cast_slice(cells),
                Cells::I64(cells) => bytemuck::cast_slice(cells),
                Cells::F64(cells) => bytemuck::cast_slice(cells),
            };
            archive.member(name, &[&npy_header(CellType::of(planes), shape), bytes])
        };
        array("cells.npy", &self.planes)?;
        match &self.support {
            Support::None => {}
            Support::Counts(counts) | Support::Tally(counts) => array("counts.npy", counts)?,
            Support::Moments { counts, means } => {
                array("counts.npy", counts)?;
                array("means.npy", means)?;
            }
            Support::Keys(keys) => array("keys.npy", keys)?,
            Support::Selected { values, keys } => {
                array("selectors.npy", values)?;
                keys.iter().try_for_each(|keys| array("keys.npy", keys))?;
            }
            Support::Parts(_) => {}
        }
        archive.member(ABOUT, &[self.about().write().as_bytes()])?;
        archive.finish()
    }

    /// Read what [`Aggregate::save`] wrote; its planes are taken from `consumer`.
    ///
    /// Nothing is believed before it is checked: sizes against the canvas, the budget against the sizes, the bytes
    /// against their checksums.
    pub fn load(path: &Path, consumer: &MemoryConsumer) -> Result<Self> {
        let io = |error| CanvasError::Io { path: path.to_path_buf(), error };
        let file = File::open(path).map_err(io)?;
        let loading = Loading::new(path, file)?;
        let about = loading.about(consumer)?;
        loading.read(about, consumer)
    }
}

/// The shape of the cells in a file: planes, lines, columns, and the values of a pixel if those are a dimension.
fn shape(canvas: &Canvas, reduction: &Reduction, planes: usize) -> Vec<usize> {
    let mut shape = vec![planes, canvas.y.pixels, canvas.x.pixels];
    shape.extend(reduction.depth());
    shape
}

/// A zip archive of stored members that is written.
pub(crate) struct Archive<W: Write>(ZipArchiveWriter<W>);

impl<W: Write> Archive<W> {
    pub(crate) fn new(target: W) -> Self {
        Self(ZipArchiveWriter::new(target))
    }

    /// A member of some parts, one after the other.
    pub(crate) fn member(&mut self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        self.streamed(name, |writer| parts.iter().try_for_each(|part| writer.write_all(part)))
    }

    /// A member that `fill` writes.
    pub(crate) fn streamed<E: From<io::Error>>(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let (mut entry, config) = self
            .0
            .new_file(name)
            .compression_method(CompressionMethod::Store)
            .start()
            .map_err(io::Error::other)?;
        let mut writer: ZipDataWriter<_> = config.wrap(&mut entry);
        fill(&mut writer)?;
        let (_, output) = writer.finish().map_err(io::Error::other)?;
        entry.finish(output).map_err(io::Error::other)?;
        Ok(())
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        self.0.finish().map_err(io::Error::other)?.flush()
    }
}

/// The header of an array in C order, exactly as NumPy writes it.
pub(crate) fn npy_header(kind: CellType, shape: &[usize]) -> Vec<u8> {
    const ALIGNMENT: usize = 64;
    const PREAMBLE: usize = 10;
    let descr = match kind {
        CellType::Bool => "|b1",
        CellType::U32 => "<u4",
        CellType::U64 => "<u8",
        CellType::I64 => "<i8",
        CellType::F64 => "<f8",
    };
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    // A tuple of one has a comma of its own.
    let sides = sides.join(", ") + if shape.len() == 1 { "," } else { "" };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sides}), }}");
    let length = (PREAMBLE + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', length - PREAMBLE - text.len() - 1));
    text.push('\n');
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend_from_slice(&(text.len() as u16).to_le_bytes());
    header.extend_from_slice(text.as_bytes());
    header
}

/// A file that says it is an aggregate.
pub(crate) struct Loading<'p> {
    path: &'p Path,
    archive: ZipArchive<FileReader>,
    /// Name, size and place of each member.
    members: Vec<(Vec<u8>, u64, ZipArchiveEntryWayfinder)>,
}

impl<'p> Loading<'p> {
    pub(crate) fn new(path: &'p Path, file: File) -> Result<Self> {
        let corrupt = |what: String| CanvasError::Corrupt { path: path.to_path_buf(), what };
        let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
        let archive = ZipArchive::from_file(file, &mut buffer)
            .map_err(|error| corrupt(format!("no zip archive ({error})")))?;
        let mut members = Vec::new();
        let mut entries = archive.entries(&mut buffer);
        loop {
            let entry =
                entries.next_entry().map_err(|error| corrupt(format!("in its directory ({error})")))?;
            let Some(entry) = entry else { break };
            if members.len() == MOST_MEMBERS || entry.compression_method() != CompressionMethod::Store {
                return Err(corrupt("members that no aggregate has".into()));
            }
            let name = entry.file_path().as_bytes().to_vec();
            members.push((name, entry.uncompressed_size_hint(), entry.wayfinder()));
        }
        Ok(Self { path, archive, members })
    }

    pub(crate) fn corrupt(&self, what: impl Into<String>) -> CanvasError {
        CanvasError::Corrupt { path: self.path.to_path_buf(), what: what.into() }
    }

    /// The bytes of a member, which must be as many as `expected` says, into `target`.
    pub(crate) fn member(&self, name: &str, expected: impl Fn(u64) -> bool) -> Result<(u64, impl Read)> {
        let found = self.members.iter().find(|(known, ..)| known == name.as_bytes());
        let (_, size, place) = found.ok_or_else(|| self.corrupt(format!("no member {name:?}")))?;
        if !expected(*size) {
            return Err(self.corrupt(format!("member {name:?} of {size} B")));
        }
        let wrong = |error| self.corrupt(format!("member {name:?} ({error})"));
        let entry = self.archive.get_entry(*place).map_err(wrong)?;
        Ok((*size, entry.verifying_reader(entry.reader())))
    }

    /// Read exactly what `target` holds, and check that it was all and as written.
    pub(crate) fn fill(&self, name: &str, reader: &mut impl Read, targets: &mut [&mut [u8]]) -> Result<()> {
        let mut all = || -> io::Result<usize> {
            for target in targets.iter_mut() {
                reader.read_exact(target)?;
            }
            // The checksum is compared where the end is read.
            reader.read(&mut [0])
        };
        match all() {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.corrupt(format!("member {name:?} is longer than its size"))),
            Err(error) => Err(self.corrupt(format!("member {name:?} ({error})"))),
        }
    }

    /// What the file says that it holds.
    pub(crate) fn about(&self, consumer: &MemoryConsumer) -> Result<About> {
        let (size, mut reader) = self.member(ABOUT, |size| size <= ABOUT_BYTES)?;
        let held = consumer.try_reserve(size as usize)?;
        let mut text = vec![0; size as usize];
        self.fill(ABOUT, &mut reader, &mut [&mut text])?;
        let text = String::from_utf8(text).map_err(|_| self.corrupt("a description that is not UTF-8"))?;
        let about = About::read(&text).map_err(|what| self.corrupt(what))?;
        drop((text, held));
        Ok(about)
    }

    pub(crate) fn read(&self, about: About, consumer: &MemoryConsumer) -> Result<Aggregate> {
        if about.tiles.is_some() {
            return Err(self.corrupt("a tiled aggregate, where one held as a whole is expected"));
        }
        about.canvas.check().map_err(|error| self.corrupt(error.to_string()))?;
        if !matches!(about.reduction, Reduction::Resampled(..)) {
            about.reduction.check().map_err(|error| self.corrupt(error.to_string()))?;
        }
        if about.reduction.categories().is_none() && !about.categories.is_empty() {
            return Err(self.corrupt("categories of a reduction without any"));
        }
        let planes = if matches!(about.reduction, Reduction::By(..)) { about.categories.len() } else { 1 };
        let shape = shape(&about.canvas, &about.reduction, planes);
        let tally = [about.categories.len(), about.canvas.y.pixels, about.canvas.x.pixels];
        let mode = matches!(about.reduction, Reduction::Mode(_));
        let counted = if mode { &tally[..] } else { &shape };
        let shape = &shape[..];
        let cells = self.planes("cells.npy", about.cells, shape, consumer)?;
        let places = -1..about.categories.len() as i64;
        match &cells {
            Planes::I64(cells) if mode && cells.iter().all(|cell| places.contains(cell)) => {}
            Planes::I64(_) if about.reduction.numbers_rows() => {}
            Planes::I64(_) => return Err(self.corrupt("places that no category has")),
            _ if mode || about.reduction.numbers_rows() => return Err(self.corrupt("cells of another type")),
            _ => {}
        }
        let float = CellType::F64;
        let counts =
            about.counts.map(|kind| self.planes("counts.npy", kind, counted, consumer)).transpose()?;
        let keys = || self.planes("keys.npy", CellType::U64, shape, consumer);
        let support = match (counts, about.means, about.keys, about.selectors) {
            (None, false, false, false) => Support::None,
            (Some(counts), false, false, false) if mode => Support::Tally(counts),
            (Some(counts), false, false, false) => Support::Counts(counts),
            (Some(counts), true, false, false) => {
                Support::Moments { counts, means: self.planes("means.npy", float, shape, consumer)? }
            }
            (None, false, true, false) => Support::Keys(keys()?),
            (None, false, keyed, true) => Support::Selected {
                values: self.planes("selectors.npy", float, shape, consumer)?,
                keys: keyed.then(keys).transpose()?,
            },
            _ => return Err(self.corrupt("parts that no reduction has together")),
        };
        let About { canvas, reduction, categories, rows, skipped, .. } = about;
        Ok(Aggregate { canvas, reduction, categories, rows, skipped, planes: cells, support })
    }

    fn planes(
        &self,
        name: &str,
        kind: CellType,
        shape: &[usize],
        consumer: &MemoryConsumer,
    ) -> Result<Planes> {
        Ok(match kind {
            CellType::Bool => {
                let cells = self.array::<u8>(name, kind, shape, consumer)?;
                if cells.iter().any(|cell| *cell > 1) {
                    return Err(self.corrupt(format!("member {name:?} with truth values other than 0 and 1")));
                }
                Planes::Bool(cells)
            }
            CellType::U32 => Planes::U32(self.array(name, kind, shape, consumer)?),
            CellType::U64 => Planes::U64(self.array(name, kind, shape, consumer)?),
            CellType::I64 => Planes::I64(self.array(name, kind, shape, consumer)?),
            CellType::F64 => Planes::F64(self.array(name, kind, shape, consumer)?),
        })
    }

    pub(crate) fn array<T: Pod>(
        &self,
        name: &str,
        kind: CellType,
        shape: &[usize],
        consumer: &MemoryConsumer,
    ) -> Result<Buffer<T>> {
        let header = npy_header(kind, shape);
        let cells = shape.iter().try_fold(1usize, |product, side| product.checked_mul(*side));
        let bytes = cells.and_then(|cells| cells.checked_mul(size_of::<T>())?.checked_add(header.len()));
        let (Some(cells), Some(bytes)) = (cells, bytes) else {
            return Err(self.corrupt(format!("{shape:?} cells")));
        };
        let (_, mut reader) = self.member(name, |size| size == bytes as u64)?;
        let mut found = vec![0; header.len()];
        let mut buffer = consumer.buffer::<T>(cells)?;
        self.fill(name, &mut reader, &mut [&mut found, bytemuck::cast_slice_mut(&mut buffer)])?;
        if found != header {
            return Err(self.corrupt(format!("member {name:?} is another array than its description says")));
        }
        Ok(buffer)
    }
}
