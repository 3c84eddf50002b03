//! From paths to a source: what a file is, and which files are meant.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::csv::{CsvFile, CsvOptions};
use crate::ipc::IpcFile;
use crate::npy::NpyFile;
use crate::npz::NpzFile;
use crate::{Many, ParquetFile, Result, Source, StreamError, zarr};

/// What a message lists where a format cannot be told.
const KNOWN: &str = "Parquet, CSV, TSV (also .gz and .zst), Arrow IPC or Feather, NPY, NPZ, Zarr";
/// Folders of folders deeper than this are taken for a loop of links.
const DEEPEST: usize = 32;

/// The formats that can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Text with commas, also compressed.
    Csv,
    /// Text with tabs, also compressed.
    Tsv,
    /// Arrow IPC with a footer; Feather version 2 is the same.
    ArrowFile,
    /// Arrow IPC as a stream of messages.
    ArrowStream,
    /// One NumPy array.
    Npy,
    /// An archive of NumPy arrays.
    Npz,
    /// A folder with a `zarr.json`.
    Zarr,
}

impl Format {
    /// The format of the file at `path`: by its first bytes, then by its name, then by whether it looks like text.
    ///
    /// # Errors
    /// `NotFound`, `Io`, or `UnknownFormat`.
    pub fn detect(path: &Path) -> Result<Self> {
        let head = head(path)?;
        Self::of_content(&head)
            .or_else(|| Self::of_name(path))
            .or_else(|| Self::of_text(&head))
            .ok_or_else(|| unknown(path))
    }

    fn of_content(head: &[u8]) -> Option<Self> {
        /// First bytes that no other format has.
        const MAGIC: [(&[u8], Format); 6] = [
            (b"PAR1", Format::Parquet),
            (b"PARE", Format::Parquet),
            (b"ARROW1", Format::ArrowFile),
            (b"\xff\xff\xff\xff", Format::ArrowStream),
            (b"\x93NUMPY", Format::Npy),
            (b"PK\x03\x04", Format::Npz),
        ];
        MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, format)| *format)
    }

    fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let name = [".gz", ".zst", ".zstd"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        Some(match name.rsplit_once('.')?.1 {
            "parquet" | "parq" | "pq" => Format::Parquet,
            "csv" => Format::Csv,
            "tsv" | "tab" => Format::Tsv,
            "arrow" | "feather" | "ipc" => Format::ArrowFile,
            "arrows" => Format::ArrowStream,
            "npy" => Format::Npy,
            "npz" => Format::Npz,
            _ => return None,
        })
    }

    /// Text with a separator in its first line.
    fn of_text(head: &[u8]) -> Option<Self> {
        let line = head.split(|byte| *byte == b'\n').next()?;
        let text = match std::str::from_utf8(line) {
            Ok(text) => text,
            // The first bytes may end inside a character.
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&line[..error.valid_up_to()]).ok()?
            }
            Err(_) => return None,
        };
        if text.chars().any(|character| character.is_control() && !matches!(character, '\t' | '\r')) {
            return None;
        }
        let (tabs, commas) = (text.matches('\t').count(), text.matches([',', ';']).count());
        match (tabs, commas) {
            (0, 0) => None,
            _ => Some(if tabs > commas { Format::Tsv } else { Format::Csv }),
        }
    }
}

fn head(path: &Path) -> Result<Vec<u8>> {
    /// Enough for any magic and a header line.
    const HEAD: u64 = 4096;
    let file = fs::File::open(path).map_err(|error| failed(path, error))?;
    let mut head = Vec::with_capacity(HEAD as usize);
    file.take(HEAD).read_to_end(&mut head).map_err(|error| failed(path, error))?;
    Ok(head)
}

fn failed(path: &Path, error: std::io::Error) -> StreamError {
    let path = path.to_path_buf();
    match error.kind() {
        std::io::ErrorKind::NotFound => StreamError::NotFound { path },
        _ => StreamError::Io { path, error },
    }
}

fn unknown(path: &Path) -> StreamError {
    StreamError::UnknownFormat { name: path.display().to_string(), expected: KNOWN }
}

/// How to read what the paths lead to.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// Read every file as this, whatever its content and name say.
    pub format: Option<Format>,
    /// How text is read.
    pub csv: CsvOptions,
}

/// One source from paths, each of which is a file, a folder, or a pattern with `*`, `**`, `?` or `[...]`.
///
/// Files of a folder or a pattern come in natural order (`part-9` before `part-10`); in a folder, names that begin
/// with `.` or `_` are left out, and folders named `key=value` are entered. A file that is named several times is
/// opened once and read as often.
///
/// # Errors
/// `NotFound` or `NoFiles` where nothing is there, `UnknownFormat`, `Mismatch` for a folder of several formats, and whatever the
/// format's reader finds.
pub fn scan_paths(paths: &[impl AsRef<Path>], options: &ScanOptions) -> Result<Box<dyn Source>> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(expand(path.as_ref(), options)?);
    }
    if let [(file, format)] = files.as_slice() {
        return open(file, *format, options);
    }
    let mut opened: HashMap<&Path, Arc<dyn Source>> = HashMap::new();
    let mut sources = Vec::with_capacity(files.len());
    for (file, format) in &files {
        let source = match opened.get(file.as_path()) {
            Some(source) => source.clone(),
            None => {
                let source: Arc<dyn Source> = Arc::from(open(file, *format, options)?);
                opened.insert(file, source.clone());
                source
            }
        };
        sources.push(source);
    }
    let name = match paths {
        [one] => one.as_ref().display().to_string(),
        [first, rest @ ..] => format!("{} and {} more", first.as_ref().display(), rest.len()),
        [] => "no paths".to_string(),
    };
    Ok(Box::new(Many::new(name, sources)?))
}

/// The reader of each format.
fn open(path: &Path, format: Format, options: &ScanOptions) -> Result<Box<dyn Source>> {
    Ok(match format {
        Format::Parquet => Box::new(ParquetFile::open(path)?),
        Format::Csv => Box::new(CsvFile::open(path, &options.csv)?),
        Format::Tsv => {
            let delimiter = options.csv.delimiter.or(Some(b'\t'));
            Box::new(CsvFile::open(path, &CsvOptions { delimiter, ..options.csv.clone() })?)
        }
        Format::ArrowFile | Format::ArrowStream => Box::new(IpcFile::open(path)?),
        Format::Npy => Box::new(NpyFile::open(path)?),
        Format::Npz => Box::new(NpzFile::open(path)?),
        Format::Zarr => Box::new(zarr::open(path)?),
    })
}

/// The files that a path stands for, with their formats.
fn expand(path: &Path, options: &ScanOptions) -> Result<Vec<(PathBuf, Format)>> {
    let format = |file: &Path| options.format.map_or_else(|| Format::detect(file), Ok);
    if path.is_dir() {
        if zarr::is_at(path) {
            return Ok(vec![(path.to_path_buf(), Format::Zarr)]);
        }
        return folder(path, options);
    }
    // A file whose name looks like a pattern is still a file.
    let pattern = path.to_str().filter(|text| text.contains(['*', '?', '[']) && !path.exists());
    let Some(pattern) = pattern else {
        return Ok(vec![(path.to_path_buf(), format(path)?)]);
    };
    let matches = glob::glob(pattern).map_err(|error| StreamError::Mismatch {
        name: pattern.to_string(),
        what: format!("is no pattern: {error}"),
    })?;
    let mut files = Vec::new();
    for file in matches {
        let file = file.map_err(|error| failed(error.path(), std::io::Error::other(error.to_string())))?;
        if file.is_file() || zarr::is_at(&file) {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(StreamError::NoFiles { path: path.to_path_buf(), what: "matches" });
    }
    files.sort_by(|one, other| natural(one, other));
    let found = |file: &Path| if zarr::is_at(file) { Ok(Format::Zarr) } else { format(file) };
    files.into_iter().map(|file| found(&file).map(|format| (file, format))).collect()
}

/// All files of the one known format in a folder.
fn folder(path: &Path, options: &ScanOptions) -> Result<Vec<(PathBuf, Format)>> {
    let mut all = Vec::new();
    walk(path, 0, &mut all)?;
    all.sort_by(|one, other| natural(one, other));
    let mut files: Vec<(PathBuf, Format)> = Vec::new();
    for file in all {
        // A note beside the data is not data: here text alone does not make a table.
        let format = match options.format {
            Some(format) => Some(format),
            None if zarr::is_at(&file) => Some(Format::Zarr),
            None => Format::of_content(&head(&file)?).or_else(|| Format::of_name(&file)),
        };
        let Some(format) = format else { continue };
        if let Some((first, other)) = files.first().filter(|(_, other)| *other != format) {
            return Err(StreamError::Mismatch {
                name: path.display().to_string(),
                what: format!(
                    "holds several formats: {} is {other:?}, {} is {format:?}; name a pattern",
                    first.display(),
                    file.display()
                ),
            });
        }
        files.push((file, format));
    }
    if files.is_empty() {
        return Err(StreamError::NoFiles { path: path.to_path_buf(), what: "in this folder can be read" });
    }
    Ok(files)
}

fn walk(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(path).map_err(|error| failed(path, error))? {
        let entry = entry.map_err(|error| failed(path, error))?;
        let (name, file) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        if name.starts_with(['.', '_']) {
            continue;
        }
        if !file.is_dir() || zarr::is_at(&file) {
            files.push(file);
        } else if name.contains('=') && depth < DEEPEST {
            walk(&file, depth + 1, files)?;
        }
    }
    Ok(())
}

/// The order in which a person would list them: numbers by their value, part by part of the path.
fn natural(one: &Path, other: &Path) -> Ordering {
    let parts =
        |path: &Path| -> Vec<String> { path.iter().map(OsStr::to_string_lossy).map(Into::into).collect() };
    let (one_parts, other_parts) = (parts(one), parts(other));
    one_parts
        .iter()
        .zip(&other_parts)
        .map(|(one, other)| natural_part(one.as_bytes(), other.as_bytes()))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| one_parts.len().cmp(&other_parts.len()))
        .then_with(|| one.cmp(other))
}

fn natural_part(mut one: &[u8], mut other: &[u8]) -> Ordering {
    while let (Some(a), Some(b)) = (one.first(), other.first()) {
        if a.is_ascii_digit() && b.is_ascii_digit() {
            let ((a, rest), (b, other_rest)) = (number(one), number(other));
            // Without leading zeros, the longer number is the larger one.
            let order = a.len().cmp(&b.len()).then_with(|| a.cmp(b));
            if order.is_ne() {
                return order;
            }
            (one, other) = (rest, other_rest);
        } else if a != b {
            return a.cmp(b);
        } else {
            (one, other) = (&one[1..], &other[1..]);
        }
    }
    one.len().cmp(&other.len())
}

/// The digits at the beginning, leading zeros left out, and what follows them.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().position(|digit| *digit != b'0').unwrap_or(digits.len());
    (&digits[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_by_value() {
        let mut names =
            ["b/part-10", "a/z", "b/part-9", "b/part-09x", "b/part", "b/part-100"].map(PathBuf::from);
        names.sort_by(|one, other| natural(one, other));
        assert_eq!(
            names,
            ["a/z", "b/part", "b/part-9", "b/part-09x", "b/part-10", "b/part-100"].map(PathBuf::from)
        );
    }

    #[test]
    fn content_tells_more_than_the_name() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content, expected) in [
            ("a.csv", &b"PAR1...."[..], Some(Format::Parquet)),
            ("b.parquet", b"\x93NUMPY\x01", Some(Format::Npy)),
            ("c.CSV.gz", b"\x1f\x8b\x08", Some(Format::Csv)),
            ("d.tsv.zst", b"\x28\xb5\x2f\xfd", Some(Format::Tsv)),
            ("e", "näme,x\n1,2\n".as_bytes(), Some(Format::Csv)),
            ("f.dat", b"a\tb\n1\t2\n", Some(Format::Tsv)),
            ("g.feather", b"ARROW1\0\0", Some(Format::ArrowFile)),
            ("h", b"\xff\xff\xff\xff\x10", Some(Format::ArrowStream)),
            ("i.npz", b"PK\x03\x04", Some(Format::Npz)),
            ("j.jpg", b"\xff\xd8\xff,\xe0", None),
            ("k", b"a word\n", None),
            ("l", b"", None),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            let found = Format::detect(&path);
            match expected {
                Some(format) => assert_eq!(found.unwrap(), format, "{name}"),
                None => assert!(matches!(found, Err(StreamError::UnknownFormat { .. })), "{name}"),
            }
        }
    }
}
