//! The codecs of chunks by themselves, for those who measure or test them; arrays use them from Rust.

use std::sync::{Mutex, MutexGuard, PoisonError};

use drypoint_array::{Codec, DType, Scratch, choose};
use drypoint_stream::array::ColumnStorage;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::CoreError;
use crate::raw::{Loan, Room};

/// One codec for chunks of one type.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct ChunkCodec {
    codec: Codec,
    dtype: DType,
    kept: Mutex<(Scratch, Vec<u8>)>,
}

#[pymethods]
impl ChunkCodec {
    /// From its name, for items of NumPy's type `dtype`.
    #[new]
    fn new(codec: &str, dtype: &str) -> PyResult<Self> {
        let (codec, dtype) = named(codec, dtype)?;
        Ok(Self { codec, dtype, kept: Mutex::default() })
    }

    /// Its name in full.
    #[getter]
    fn name(&self) -> String {
        self.codec.to_string()
    }

    /// The encoded chunk of `shape` whose items lie in `items` in C order.
    fn encode<'py>(
        &self,
        py: Python<'py>,
        items: &Bound<'py, PyAny>,
        shape: Vec<usize>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let items = Loan::new(items)?;
        let encoded = py.detach(|| {
            let (scratch, encoded) = &mut *self.kept();
            encoded.clear();
            self.codec.encode(&self.dtype, &shape, items.bytes(), scratch, encoded)?;
            Ok::<_, CoreError>(std::mem::take(encoded))
        })?;
        let bytes = PyBytes::new(py, &encoded);
        // The room is used again.
        py.detach(|| self.kept().1 = encoded);
        Ok(bytes)
    }

    /// Fill `items`, new unsigned bytes, with the chunk of `shape` that was encoded.
    fn decode(
        &self,
        py: Python<'_>,
        encoded: &Bound<'_, PyAny>,
        shape: Vec<usize>,
        items: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let encoded = Loan::new(encoded)?;
        let mut items = Room::new(items)?;
        py.detach(|| {
            self.codec.decode(&self.dtype, &shape, encoded.bytes(), &mut self.kept().0, items.bytes())
        })
        .map_err(CoreError::from)?;
        Ok(())
    }
}

impl ChunkCodec {
    fn kept(&self) -> MutexGuard<'_, (Scratch, Vec<u8>)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn named(codec: &str, dtype: &str) -> Result<(Codec, DType), CoreError> {
    let (codec, dtype) = (Codec::parse(codec)?, DType::parse(dtype)?);
    codec.check(&dtype)?;
    Ok((codec, dtype))
}

/// The name of the codec that suits chunks of `shape`, by samples of their items.
#[pyfunction]
pub(crate) fn choose_codec(
    py: Python<'_>,
    dtype: &str,
    shape: Vec<usize>,
    samples: Vec<Bound<'_, PyAny>>,
) -> PyResult<String> {
    let dtype = DType::parse(dtype).map_err(CoreError::from)?;
    let samples = samples.iter().map(Loan::new).collect::<PyResult<Vec<_>>>()?;
    Ok(py.detach(|| {
        let samples: Vec<&[u8]> = samples.iter().map(ColumnStorage::bytes).collect();
        choose(&dtype, &shape, &samples).to_string()
    }))
}
