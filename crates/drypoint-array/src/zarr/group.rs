//! A node of a hierarchy: which folder it is, and whether it is an array or a group of others.
//!
//! Members are looked for in the folder itself and not in consolidated metadata, which may be older than what is there.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drypoint_memory::MemoryConsumer;
use serde_json::{Map, Value};

use super::ZarrArray;
use super::fault::{Fault, damaged};
use super::metadata::Metadata;
use crate::folder::UNFINISHED;
use crate::{ArrayError, Result};

/// The file that makes a folder a node.
pub(super) const DOCUMENT: &str = "zarr.json";
/// What a folder of version 2 has in its place.
const VERSION_2: [&str; 4] = [".zarray", ".zgroup", ".zmetadata", ".zattrs"];
/// A longer document is not one that anybody wrote.
const MOST_BYTES: u64 = 64 << 20;

/// What a folder holds.
#[derive(Debug)]
pub enum ZarrNode {
    /// Items.
    Array(Arc<ZarrArray>),
    /// Other nodes.
    Group(ZarrGroup),
}

/// A folder of arrays and groups.
#[derive(Debug, Clone)]
pub struct ZarrGroup {
    folder: PathBuf,
    document: String,
}

impl ZarrNode {
    /// Open the folder at `path`. What is read of an array goes through buffers of `consumer`.
    ///
    /// # Errors
    /// `Io` where nothing is there, `UnknownFormat` where it is no node, `Unsupported` for version 2 and for extensions
    /// that are not read here, `Damaged` for a document that is not as the format has it.
    pub fn open(path: &Path, consumer: &MemoryConsumer) -> Result<Self> {
        let file = path.join(DOCUMENT);
        let text = match text_of(&file) {
            Ok(text) => text,
            Err(Fault::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Err(no_node(path, error));
            }
            Err(Fault::Io(error)) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(no_node(path, error));
            }
            Err(fault) => return Err(fault.named(file.display().to_string())),
        };
        Self::parse(path, text, consumer).map_err(|fault| fault.named(file.display().to_string()))
    }

    fn parse(path: &Path, text: String, consumer: &MemoryConsumer) -> std::result::Result<Self, Fault> {
        let fields = fields_of(&text)?;
        match fields.get("zarr_format") {
            Some(version) if *version == 3 => {}
            Some(version) => return Err(Fault::Unsupported(format!("version {version} of Zarr"))),
            None => return Err(damaged("there is no field \"zarr_format\"")),
        }
        match fields.get("node_type").and_then(Value::as_str) {
            Some("array") => {
                let metadata = Metadata::parse(&fields)?;
                Ok(Self::Array(Arc::new(ZarrArray::new(path.to_path_buf(), metadata, text, consumer))))
            }
            Some("group") => Ok(Self::Group(ZarrGroup { folder: path.to_path_buf(), document: text })),
            _ => Err(damaged("node_type is neither \"array\" nor \"group\"")),
        }
    }

    /// Whether there is a node of version 3 at `path`: what it is can be told by [`ZarrNode::open`] alone.
    pub fn is_at(path: &Path) -> bool {
        path.join(DOCUMENT).is_file()
    }
}

impl ZarrGroup {
    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its `zarr.json` as it was when it was opened: attributes are there.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// The names of its members, in the order of their characters.
    ///
    /// # Errors
    /// What the system says of the folder.
    pub fn members(&self) -> Result<Vec<String>> {
        let failed = |error| ArrayError::Io { name: self.folder.display().to_string(), error };
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // A node's name is text; what is not was put there by somebody else.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let own = name.starts_with("__") || name.starts_with(UNFINISHED);
            if !own && ZarrNode::is_at(&entry.path()) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Open a member.
    ///
    /// # Errors
    /// Those of [`ZarrNode::open`].
    pub fn member(&self, name: &str, consumer: &MemoryConsumer) -> Result<ZarrNode> {
        ZarrNode::open(&self.folder.join(name), consumer)
    }
}

fn text_of(file: &Path) -> std::result::Result<String, Fault> {
    let file = fs::File::open(file)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Fault::Unsupported(format!("a document of more than {MOST_BYTES} B")));
    }
    String::from_utf8(bytes).map_err(|_| damaged("it is no UTF-8 text"))
}

/// Why a folder without a document is no node.
fn no_node(path: &Path, error: io::Error) -> ArrayError {
    let name = path.display().to_string();
    if let Err(error) = fs::metadata(path) {
        return ArrayError::Io { name, error };
    }
    if VERSION_2.iter().any(|file| path.join(file).exists()) {
        let what = "version 2 of Zarr (`zarr migrate v3` of zarr-python converts it in place; zarr.open reads it as it \
                    is: hand over what it gives)";
        return ArrayError::Unsupported { name, what: what.into() };
    }
    let what = match error.kind() {
        io::ErrorKind::NotADirectory => "a file; a Zarr array or group is a folder with a zarr.json",
        _ => "there is no zarr.json in it, so it is no Zarr array and no group",
    };
    ArrayError::UnknownFormat { name, what: what.into() }
}

/// The fields of a document.
fn fields_of(text: &str) -> std::result::Result<Map<String, Value>, Fault> {
    let parsed = serde_json::from_str(text).or_else(|error| {
        // Python writes NaN and Infinity as they are, which no other JSON has.
        serde_json::from_str(&with_quoted_numbers(text)).map_err(|_| error)
    });
    match parsed {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(damaged("it is no JSON object")),
        Err(error) => Err(damaged(format!("it is no JSON: {error}"))),
    }
}

/// The same text with quotes around the numbers that JSON does not know.
fn with_quoted_numbers(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 16);
    let (mut rest, mut in_text) = (text, false);
    while let Some(character) = rest.chars().next() {
        let word =
            ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| !in_text && rest.starts_with(word));
        let length = match (word, character) {
            (Some(word), _) => {
                quoted.push('"');
                quoted += word;
                quoted.push('"');
                rest = &rest[word.len()..];
                continue;
            }
            (None, '\\') if in_text => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            (None, '"') => {
                in_text = !in_text;
                1
            }
            (None, other) => other.len_utf8(),
        };
        quoted += &rest[..length];
        rest = &rest[length..];
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_python_are_read() {
        let text = r#"{"a": NaN, "b": [-Infinity, Infinity], "c\"NaN": "NaN \\", "é": "-Infinity"}"#;
        let fields = fields_of(text).unwrap();
        assert_eq!(fields["a"], "NaN");
        assert_eq!(fields["b"][0], "-Infinity");
        assert_eq!(fields["c\"NaN"], "NaN \\");
        assert!(matches!(fields_of("{\"a\": Nan}"), Err(Fault::Damaged(_))));
        assert!(matches!(fields_of("[1]"), Err(Fault::Damaged(_))));
        assert!(matches!(fields_of("{\"a\": NaN, \"\\"), Err(Fault::Damaged(_))));
    }
}
