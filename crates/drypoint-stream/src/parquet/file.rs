//! A Parquet file as a source.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::column::ColumnReader;
use super::dictionary::Dictionary;
use super::fault::Fault;
use super::footer::Footer;
use super::foreign::Foreign;
use super::page::{Room, Workshop};
use super::positioned::PositionedFile;
use super::scan::{ParquetScan, units};
use super::schema::{Delivered, Leaf, Place};
use super::strings::Strings;
use super::survey::Survey;
use crate::{Extent, Needs, Request, Result, Scan, Schema, Source, StreamError};

/// One Parquet file. Its footer is read once; the file itself is open only while it is scanned.
#[derive(Debug)]
pub struct ParquetFile {
    path: PathBuf,
    footer: Arc<Footer>,
    survey: Survey,
}

impl ParquetFile {
    /// Read the footer of the file at `path`.
    ///
    /// # Errors
    /// `NotFound`, `Io`; `Corrupt` where the footer is not one; `Unsupported` for encrypted files.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let footer = PositionedFile::open(&path)
            .map_err(Fault::from)
            .and_then(|file| Footer::read(&file))
            .map_err(|fault| fault.in_file(&path))?;
        Ok(Self { path, footer: Arc::new(footer), survey: Survey::default() })
    }

    /// Number of row groups.
    pub fn row_groups(&self) -> usize {
        self.footer.groups.len()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn footer(&self) -> &Footer {
        &self.footer
    }

    /// Open the file again and make sure that it is still the one whose footer we know.
    fn reopen(&self) -> Result<Arc<PositionedFile>> {
        let file =
            PositionedFile::open(&self.path).map_err(|error| Fault::from(error).in_file(&self.path))?;
        if file.stamp() != self.footer.stamp {
            return Err(StreamError::Mismatch {
                name: self.name(),
                what: "the file was changed after it was opened".to_string(),
            });
        }
        Ok(Arc::new(file))
    }

    /// The leaves that a request asks for, or which of its columns cannot be read.
    fn leaves(&self, request: &Request) -> Result<Vec<(&str, &Leaf)>> {
        request
            .columns
            .iter()
            .map(|&column| {
                let field = self.footer.schema.fields.get(column).ok_or_else(|| StreamError::Mismatch {
                    name: self.name(),
                    what: format!("column {column} of {} was asked for", self.footer.schema.fields.len()),
                })?;
                match &self.footer.places[column] {
                    Place::Leaf(leaf) => Ok((field.name.as_str(), leaf)),
                    Place::Unreadable => Err(StreamError::Unsupported {
                        name: self.name(),
                        what: format!("reading column {:?} of type {}", field.name, field.data_type),
                    }),
                }
            })
            .collect()
    }
}

impl Source for ParquetFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn schema(&self) -> &Schema {
        &self.footer.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.footer.rows)
    }

    fn extent(&self, column: usize) -> Option<Extent> {
        self.footer.extents.get(column).copied().flatten()
    }

    fn needs(&self, request: &Request) -> Result<Needs> {
        let leaves = self.leaves(request)?;
        let file = self.reopen()?;
        let batch_rows = request.batch_rows.max(1);
        let mut reader_bytes = 0usize;
        let mut workshop_bytes = 0;
        for (name, leaf) in &leaves {
            let pages = self
                .survey
                .pages(&self.footer, leaf.index, &file, &request.consumer)
                .map_err(|(group, fault)| fault.in_column(&self.path, name, group))?;
            let route = &leaf.route;
            let strings = if route.delivered == Delivered::Text {
                // A batch's strings are rarely four times longer than the average, and lie in a page or two.
                let batch = pages.row_bytes.saturating_mul(batch_rows).saturating_mul(4);
                Strings::bytes_for(batch_rows, batch.min(pages.uncompressed))
            } else {
                0
            };
            let dictionary =
                if pages.dictionary > 0 { Dictionary::bytes_for(route, pages.dictionary) } else { 0 };
            let foreign = if pages.delta { Foreign::bytes_for(pages.uncompressed) } else { 0 };
            reader_bytes = reader_bytes
                .saturating_add(Room::bytes_for(pages.uncompressed.max(pages.dictionary)))
                .saturating_add(ColumnReader::batch_bytes(route, batch_rows))
                .saturating_add(strings)
                .saturating_add(dictionary)
                .saturating_add(foreign);
            workshop_bytes = workshop_bytes.max(Workshop::bytes_for(pages.compressed, pages.codec));
        }
        let units = units(&self.footer, &leaves, request, &file)
            .map_err(|(group, fault)| self.unit_fault(&leaves, group, fault))?;
        let reader_bytes = reader_bytes.saturating_add(workshop_bytes);
        Ok(Needs {
            shared_bytes: self.footer.bytes(),
            // The pool's blocks come in eight sizes to each power of two.
            reader_bytes: reader_bytes.saturating_add(reader_bytes / 8),
            max_readers: units.len().max(1),
        })
    }

    fn scan<'s>(&'s self, request: &Request) -> Result<Box<dyn Scan + 's>> {
        self.scan_within(request, &[])
    }

    /// Row groups are passed over whose statistics say that they have no row in the window.
    fn scan_within<'s>(
        &'s self,
        request: &Request,
        window: &[(usize, Extent)],
    ) -> Result<Box<dyn Scan + 's>> {
        let leaves = self.leaves(request)?;
        let file = self.reopen()?;
        let mut units = units(&self.footer, &leaves, request, &file)
            .map_err(|(group, fault)| self.unit_fault(&leaves, group, fault))?;
        let mut passed_over = 0;
        units.retain(|unit| {
            let outside = self.footer.is_outside(unit.group, window);
            passed_over += if outside { unit.rows.end - unit.rows.start } else { 0 };
            !outside
        });
        Ok(Box::new(ParquetScan::new(self, file, leaves, (units, passed_over), request)))
    }
}

impl ParquetFile {
    /// Units are cut along the pages of the first column asked for.
    fn unit_fault(&self, leaves: &[(&str, &Leaf)], group: usize, fault: Fault) -> StreamError {
        fault.in_column(&self.path, leaves.first().map_or("", |(name, _)| name), group)
    }
}
