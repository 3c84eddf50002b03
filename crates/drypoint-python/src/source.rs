//! Sources of rows as Python sees them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use drypoint_stream::csv::CsvOptions;
use drypoint_stream::{Cancel, DataType, Extent, Field, Request, ScanOptions, TimeUnit};
use pyo3::prelude::*;

use crate::batch::Batches;
use crate::error::CoreError;
use crate::memory::process_pool;
use crate::shown::shown;
use crate::watch::{detached, watched};

/// Rows that can be read in batches. Made by the functions of this module.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Source {
    pub(crate) inner: Arc<dyn drypoint_stream::Source>,
    /// Ends the waiting of a pipe that is silent.
    pub(crate) cancel: Cancel,
}

impl Source {
    pub(crate) fn new(source: impl drypoint_stream::Source + 'static) -> Self {
        Self { inner: Arc::new(source), cancel: Cancel::default() }
    }

    fn field(&self, column: &str) -> Result<(usize, &DataType), CoreError> {
        let place = self.inner.schema().index_of(column)?;
        Ok((place, &self.inner.schema().fields[place].data_type))
    }

    fn known_extent(&self, column: &str) -> PyResult<Option<(Extent, &DataType)>> {
        let (place, data_type) = self.field(column)?;
        Ok(self.inner.extent(place).map(|extent| (extent, data_type)))
    }
}

#[pymethods]
impl Source {
    /// What messages call it.
    #[getter]
    fn name(&self) -> String {
        self.inner.name()
    }

    /// Column names in order.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.inner.schema().fields.iter().map(|field| field.name.clone()).collect()
    }

    /// Column types in order.
    #[getter]
    fn types(&self) -> Vec<String> {
        self.inner.schema().fields.iter().map(|field| field.data_type.to_string()).collect()
    }

    /// Which columns have a place on an axis.
    #[getter]
    fn numeric(&self) -> Vec<bool> {
        self.inner.schema().fields.iter().map(|field| field.data_type.is_numeric()).collect()
    }

    /// Rows, where known without reading them.
    #[getter]
    fn rows(&self) -> Option<u64> {
        self.inner.rows()
    }

    /// Whether it can be read only once.
    #[getter]
    fn one_shot(&self) -> bool {
        self.inner.one_shot()
    }

    /// Its columns, to compare those of others with.
    #[getter]
    fn fields(&self) -> Fields {
        Fields(self.inner.schema().fields.clone())
    }

    /// Least and greatest finite value, where known without reading the rows.
    fn extent(&self, column: &str) -> PyResult<Option<(f64, f64)>> {
        Ok(self.known_extent(column)?.map(|(extent, _)| (extent.min, extent.max)))
    }

    /// The extent as a person writes it: dates as dates.
    fn shown(&self, column: &str) -> PyResult<Option<(String, String)>> {
        let shown = |(extent, data_type): (Extent, &DataType)| {
            (shown(extent.min, data_type), shown(extent.max, data_type))
        };
        Ok(self.known_extent(column)?.map(shown))
    }

    /// Bytes that drawing its first two drawable columns at 900×600 on this many threads would hold.
    fn drawing_needs(&self, threads: usize) -> PyResult<usize> {
        let fields = &self.inner.schema().fields;
        let columns =
            (0..fields.len()).filter(|&place| fields[place].data_type.is_numeric()).take(2).collect();
        let request = Request {
            columns,
            batch_rows: 16_384,
            readers: threads,
            consumer: process_pool()?.consumer("batches"),
            cancel: Cancel::default(),
        };
        let needs = self.inner.needs(&request).map_err(CoreError::from)?;
        let readers = threads.min(needs.max_readers).max(1);
        Ok(needs.shared_bytes + readers * (needs.reader_bytes + 900 * 600 * 4))
    }

    /// Its batches of at most `rows` rows.
    fn batches(&self, columns: Option<Vec<String>>, rows: usize) -> PyResult<Batches> {
        Batches::new(self.inner.clone(), columns, rows)
    }
}

/// The columns that every chunk of a stream must have.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Fields(Vec<Field>);

#[pymethods]
impl Fields {
    /// Why the columns of `source` cannot be these, if they cannot.
    fn mismatch(&self, source: &Source) -> Option<String> {
        let (first, here) = (&self.0, &source.inner.schema().fields);
        let names = |fields: &[Field]| {
            let quoted: Vec<String> = fields.iter().map(|field| format!("{:?}", field.name)).collect();
            quoted.join(", ")
        };
        if !here.iter().map(|field| &field.name).eq(first.iter().map(|field| &field.name)) {
            return Some(format!("has the columns {}, the first item had {}", names(here), names(first)));
        }
        let (here, first) =
            here.iter().zip(first).find(|(here, first)| !here.data_type.agrees_with(&first.data_type))?;
        let (name, here, first) = (&here.name, &here.data_type, &first.data_type);
        Some(format!("has {here} in column {name:?}, the first item had {first}"))
    }
}

/// Files, globs and folders.
#[pyfunction]
pub(crate) fn scan_paths(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    types: HashMap<String, String>,
    delimiter: Option<String>,
    header: Option<bool>,
) -> PyResult<Source> {
    let options = ScanOptions { csv: text_options(types, delimiter, header)?, format: None };
    let inner = detached(py, || Ok(drypoint_stream::scan_paths(&paths, &options)?))?;
    Ok(Source { inner: inner.into(), cancel: Cancel::default() })
}

/// What a file descriptor yields, read once: Arrow IPC by its first bytes, else text.
#[pyfunction]
pub(crate) fn scan_descriptor(
    py: Python<'_>,
    descriptor: i32,
    name: String,
    types: HashMap<String, String>,
    delimiter: Option<String>,
    header: Option<bool>,
) -> PyResult<Source> {
    let options = text_options(types, delimiter, header)?;
    let cancel = Cancel::default();
    let input = crate::raw::Input::duplicate(descriptor, cancel.clone())?;
    let inner = watched(
        py,
        || cancel.cancel(),
        |_| Ok(()),
        || Ok(drypoint_stream::scan_reader(&name, Box::new(input), &options)?),
    )?;
    Ok(Source { inner: inner.into(), cancel })
}

fn text_options(
    types: HashMap<String, String>,
    delimiter: Option<String>,
    header: Option<bool>,
) -> Result<CsvOptions, CoreError> {
    let delimiter = delimiter.as_deref().map(|text| match text.as_bytes() {
        [byte] => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        _ => Err(CoreError::Argument(format!("delimiter must be one ASCII character, not {text:?}"))),
    });
    let types = types.into_iter().map(|(column, name)| Ok((column, column_type(&name)?)));
    Ok(CsvOptions {
        delimiter: delimiter.transpose()?,
        header,
        types: types.collect::<Result<_, CoreError>>()?,
        ..CsvOptions::default()
    })
}

const COLUMN_TYPES: [&str; 6] = ["int64", "float64", "bool", "date", "timestamp", "text"];

fn column_type(name: &str) -> Result<DataType, CoreError> {
    let time = |unit| DataType::Time { unit, zone: None };
    Ok(match name {
        "int64" => DataType::Int(64),
        "float64" => DataType::Float(64),
        "bool" => DataType::Bool,
        "date" => time(TimeUnit::Day),
        "timestamp" => time(TimeUnit::Microsecond),
        "text" => DataType::Text,
        _ => {
            let near = drypoint_stream::nearest(name, COLUMN_TYPES.into_iter());
            let hint = near.map(|near| format!(" (did you mean {near:?}?)")).unwrap_or_default();
            let known = COLUMN_TYPES.join(", ");
            return Err(CoreError::Argument(format!("unknown type {name:?}{hint}; expected one of {known}")));
        }
    })
}

/// The text candidate most like `name`.
#[pyfunction]
pub(crate) fn nearest(name: &str, candidates: Vec<String>) -> Option<String> {
    drypoint_stream::nearest(name, candidates.iter().map(String::as_str))
}
