//! An array of either layout, and what can be done with it.

use drypoint_array::DType;
use drypoint_array::sparse::{
    CooArray, CsrArray, Entries, Extreme, Pick, Vector, extremes, pick_columns, pick_entries, pick_rows,
    product, scatter, sums,
};
use drypoint_stream::SparseSource;
use drypoint_stream::array::ColumnStorage;
use pyo3::prelude::*;

use super::given::{GivenTuple, given, keep};
use super::part::SparsePart;
use super::{ORDERED, run};
use crate::error::CoreError;
use crate::raw::{Loan, Room};
use crate::source::Source;

/// A sparse array in memory.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Sparse(pub(super) Layout);

#[derive(Clone)]
pub(super) enum Layout {
    Coo(CooArray),
    Csr(CsrArray),
}

/// Along one dimension: a place, or start, step and count.
#[derive(FromPyObject)]
enum PickArgument {
    Range((usize, isize, usize)),
    At(usize),
}

impl PickArgument {
    fn pick(&self) -> Pick {
        match *self {
            Self::At(at) => Pick::At(at),
            Self::Range((start, step, count)) => Pick::Range { start, step, count },
        }
    }
}

/// Bytes of a contiguous array as its items.
fn items<T: drypoint_memory::Pod>(bytes: &[u8]) -> Result<&[T], CoreError> {
    if bytes.is_empty() {
        return Ok(&[]);
    }
    bytemuck::try_cast_slice(bytes)
        .map_err(|_| CoreError::Argument("items must begin at an address that suits them".into()))
}

impl Layout {
    fn entries(&self) -> &dyn Entries {
        match self {
            Self::Coo(array) => array,
            Self::Csr(array) => array,
        }
    }

    fn intact(&self) -> bool {
        match self {
            Self::Coo(array) => array.intact(),
            Self::Csr(array) => array.intact(),
        }
    }
}

impl Sparse {
    /// Entries, and what else is as long.
    fn size(&self) -> usize {
        self.0.entries().nnz() + self.0.entries().shape().first().copied().unwrap_or(0)
    }

    /// As `run`, at a cost of so much for each entry; a fault that comes of memory whose lender wrote to it is told as that.
    fn work<T: Send>(
        &self,
        py: Python<'_>,
        cost: usize,
        work: impl FnOnce(&drypoint_array::sparse::Work<'_>) -> Result<T, CoreError> + Send,
    ) -> PyResult<T> {
        run(py, self.size().saturating_mul(cost), |given| match crate::watch::guarded(|| work(given)) {
            Err(CoreError::Panic(_)) if !self.0.intact() => {
                Err(CoreError::Array(drypoint_array::ArrayError::Damaged {
                    name: "this sparse array".into(),
                    what: "whoever lent its indices has written to them since; make it with copy=True".into(),
                }))
            }
            result => result,
        })
    }

    fn coo(&self) -> Result<&CooArray, CoreError> {
        match &self.0 {
            Layout::Coo(array) => Ok(array),
            Layout::Csr(_) => Err(CoreError::Argument("this is not by coordinates".into())),
        }
    }

    fn csr(&self) -> Result<&CsrArray, CoreError> {
        match &self.0 {
            Layout::Csr(array) => Ok(array),
            Layout::Coo(_) => Err(CoreError::Argument("this is not row by row".into())),
        }
    }
}

#[pymethods]
impl Sparse {
    #[getter]
    fn shape(&self) -> Vec<usize> {
        self.0.entries().shape().to_vec()
    }

    #[getter]
    fn dtype(&self) -> &'static str {
        self.0.entries().values().kind().name()
    }

    #[getter]
    fn nnz(&self) -> usize {
        self.0.entries().nnz()
    }

    /// Types of the indices: of each coordinate, or of ``indptr`` and ``indices``.
    #[getter]
    fn index_types(&self) -> Vec<&'static str> {
        match &self.0 {
            Layout::Coo(array) => array.coords().iter().map(|places| places.kind().name()).collect(),
            Layout::Csr(array) => vec![array.indptr().kind().name(), array.indices().kind().name()],
        }
    }

    #[getter]
    fn stored_bytes(&self) -> usize {
        match &self.0 {
            Layout::Coo(array) => array.stored_bytes(),
            Layout::Csr(array) => array.stored_bytes(),
        }
    }

    #[getter]
    fn own_bytes(&self) -> usize {
        match &self.0 {
            Layout::Coo(array) => array.own_bytes(),
            Layout::Csr(array) => array.own_bytes(),
        }
    }

    #[getter]
    fn sorted(&self) -> bool {
        match &self.0 {
            Layout::Coo(array) => array.sorted(),
            Layout::Csr(array) => array.sorted(),
        }
    }

    #[getter]
    fn unique(&self) -> bool {
        self.0.entries().unique()
    }

    /// The values.
    fn data(&self) -> SparsePart {
        SparsePart::values(self.0.entries().values())
    }

    /// The indices: each coordinate, or ``indptr`` and ``indices``.
    fn indices(&self) -> Vec<SparsePart> {
        match &self.0 {
            Layout::Coo(array) => array.coords().iter().map(SparsePart::places).collect(),
            Layout::Csr(array) => {
                vec![SparsePart::places(array.indptr()), SparsePart::places(array.indices())]
            }
        }
    }

    fn to_coo(&self, py: Python<'_>) -> PyResult<Self> {
        let made = match &self.0 {
            Layout::Coo(array) => array.clone(),
            Layout::Csr(array) => self.work(py, 1, |work| Ok(array.to_coo(work)?))?,
        };
        Ok(Self(Layout::Coo(made)))
    }

    fn to_csr(&self, py: Python<'_>, sum_duplicates: bool) -> PyResult<Self> {
        let made = self.work(py, ORDERED, |work| match &self.0 {
            Layout::Coo(array) => Ok(CsrArray::from_coo(array, sum_duplicates, work)?),
            Layout::Csr(array) if sum_duplicates => Ok(array.canonical(true, work)?),
            Layout::Csr(array) => Ok(array.clone()),
        })?;
        Ok(Self(Layout::Csr(made)))
    }

    /// In order, and entries of a place added.
    fn canonical(&self, py: Python<'_>, sum_duplicates: bool) -> PyResult<Self> {
        let made = self.work(py, ORDERED, |work| {
            Ok(match &self.0 {
                Layout::Coo(array) => Layout::Coo(array.canonical(sum_duplicates, work)?),
                Layout::Csr(array) => Layout::Csr(array.canonical(sum_duplicates, work)?),
            })
        })?;
        Ok(Self(made))
    }

    /// Dimensions in another order; for a matrix by rows it is always the other one.
    fn transposed(&self, py: Python<'_>, axes: Vec<usize>) -> PyResult<Self> {
        let ndim = self.0.entries().shape().len();
        let mut sorted = axes.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..ndim) {
            return Err(
                CoreError::Argument(format!("axes {axes:?} are no order of {ndim} dimensions")).into()
            );
        }
        let made = self.work(py, ORDERED, |work| {
            Ok(match &self.0 {
                Layout::Coo(array) => Layout::Coo(array.transposed(&axes, work)?),
                Layout::Csr(array) => Layout::Csr(array.transposed(work)?),
            })
        })?;
        Ok(Self(made))
    }

    /// The same places, other values.
    fn with_values(&self, py: Python<'_>, data: GivenTuple<'_>, copy: Option<bool>) -> PyResult<Self> {
        let data = given(data)?;
        let made = self.work(py, 1, |work| {
            Ok(match &self.0 {
                Layout::Coo(array) => Layout::Coo(array.with_values(&data, keep(copy), work)?),
                Layout::Csr(array) => Layout::Csr(array.with_values(&data, keep(copy), work)?),
            })
        })?;
        Ok(Self(made))
    }

    /// Write all entries into zeros: the bytes of an array of this shape and type.
    fn scatter(&self, py: Python<'_>, bytes: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut room = Room::new(bytes)?;
        self.work(py, 1, move |work| Ok(scatter(self.0.entries(), room.bytes(), work)?))
    }

    /// Sums by these strides, a stride of 0 for a dimension that is summed over, into so many cells.
    fn sums(&self, py: Python<'_>, strides: Vec<u64>, cells: usize, as_floats: bool) -> PyResult<SparsePart> {
        let sums = self.work(py, 1, |work| {
            Ok(match &self.0 {
                Layout::Csr(array) if strides == [1, 0] => array.row_sums(as_floats, work)?,
                array => sums(array.entries(), &strides, cells, as_floats, work)?,
            })
        })?;
        let (kind, part) = sums.into_part();
        Ok(SparsePart::of(kind, part))
    }

    /// The least or greatest of each cell of so many items; as `sums`. Entries must be unique.
    fn extremes(
        &self,
        py: Python<'_>,
        strides: Vec<u64>,
        cells: usize,
        cell_items: u64,
        greatest: bool,
    ) -> PyResult<SparsePart> {
        let which = if greatest { Extreme::Greatest } else { Extreme::Least };
        let found = self.work(py, 1, |work| {
            Ok(match &self.0 {
                Layout::Csr(array) if strides == [1, 0] => array.row_extremes(which, work)?,
                array => extremes(array.entries(), &strides, cells, cell_items, which, work)?,
            })
        })?;
        Ok(SparsePart::values(&found))
    }

    /// Times a vector of int64, float64 or complex128, contiguous.
    fn product(&self, py: Python<'_>, vector: &Bound<'_, PyAny>, dtype: &str) -> PyResult<SparsePart> {
        let loan = Loan::new(vector)?;
        let bytes = ColumnStorage::bytes(&loan);
        let vector = match DType::parse(dtype).map_err(CoreError::from)?.name() {
            "<i8" => Vector::Integers(items(bytes)?),
            "<f8" => Vector::Floats(items(bytes)?),
            _ => Vector::Complex(items(bytes)?),
        };
        let product = self.work(py, 1, |work| {
            Ok(match &self.0 {
                Layout::Coo(array) => product(array, &vector, work)?,
                Layout::Csr(array) => array.product(&vector, work)?,
            })
        })?;
        let (kind, part) = product.into_part();
        Ok(SparsePart::of(kind, part))
    }

    /// A box, by coordinates.
    fn pick(&self, py: Python<'_>, picks: Vec<PickArgument>) -> PyResult<Self> {
        let picks: Vec<Pick> = picks.iter().map(PickArgument::pick).collect();
        let array = self.coo()?;
        let made = self.work(py, 1, |work| Ok(pick_entries(array, &picks, work)?))?;
        Ok(Self(Layout::Coo(made)))
    }

    /// One row, by coordinates; nothing is copied.
    fn row(&self, row: usize) -> PyResult<Self> {
        Ok(Self(Layout::Coo(self.csr()?.row(row))))
    }

    /// A range of rows.
    fn pick_rows(&self, py: Python<'_>, start: usize, step: isize, count: usize) -> PyResult<Self> {
        let array = self.csr()?;
        let row = |at: usize| start.wrapping_add_signed(step * at as isize);
        let size = if step == 1 { count } else { array.nnz().min(count.saturating_mul(1024)) };
        let made = run(py, size, |work| Ok(pick_rows(array, count, row, step == 1, work)?))?;
        Ok(Self(Layout::Csr(made)))
    }

    /// Rows by their numbers, contiguous int64 from 0 to before the number of rows.
    fn take_rows(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Self> {
        let loan = Loan::new(rows)?;
        let numbers: &[i64] = items(ColumnStorage::bytes(&loan))?;
        let array = self.csr()?;
        let made = self.work(py, 1, |work| {
            Ok(pick_rows(array, numbers.len(), |at| numbers[at] as usize, false, work)?)
        })?;
        Ok(Self(Layout::Csr(made)))
    }

    /// A range of columns.
    fn pick_columns(&self, py: Python<'_>, start: usize, step: isize, count: usize) -> PyResult<Self> {
        let array = self.csr()?;
        let made = self.work(py, 1, |work| Ok(pick_columns(array, start, step, count, work)?))?;
        Ok(Self(Layout::Csr(made)))
    }

    /// Rows of coordinates and values, to draw. Places along the dimension `mirrored` come as numbers below 0: 0, -1, -2, ...
    fn source(&self, name: &str, columns: Vec<String>, mirrored: Option<usize>) -> PyResult<Source> {
        let source = match &self.0 {
            Layout::Coo(array) => SparseSource::coo(name, &columns, array, mirrored),
            Layout::Csr(array) => SparseSource::csr(name, &columns, array, mirrored),
        };
        Ok(Source::new(source.map_err(CoreError::from)?))
    }
}
