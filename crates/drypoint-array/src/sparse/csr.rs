//! Entries row by row: the columns of row `r` are `indices[indptr[r]..indptr[r + 1]]`.

use drypoint_memory::Buffer;

use super::coo::{check_shape, shown};
use super::entries::add_scaled;
use super::index::{Index, with_index};
use super::order::{Counted, folded, kept, narrowed, pick, sorted_rows};
use super::{CooArray, Entries, Given, IndexArray, IndexType, Keep, Part, Values, Work};
use crate::{ArrayError, Result};

/// A matrix, its entries row by row.
#[derive(Clone)]
pub struct CsrArray {
    shape: [usize; 2],
    indptr: IndexArray,
    indices: IndexArray,
    values: Values,
    sorted: bool,
    unique: bool,
}

impl CsrArray {
    /// From where each row begins, columns, and values.
    ///
    /// # Errors
    /// [`ArrayError::Argument`] if `indptr` does not go from 0 to the number of values without a step back, if a column is
    /// outside the shape or lengths differ; [`ArrayError::UnsupportedDType`] for values without numbers.
    pub fn new(
        shape: [usize; 2],
        indptr: &Given,
        indices: &Given,
        data: &Given,
        keep: Keep,
        work: &Work<'_>,
    ) -> Result<Self> {
        check_shape(&shape)?;
        let [rows, columns] = shape;
        let nnz = data.len;
        if indptr.len != rows + 1 {
            return Err(indptr.wrong(format!(
                "has {} items, {} are needed for {rows} rows: one more than there are",
                indptr.len,
                rows + 1
            )));
        }
        if indices.len != nnz {
            return Err(
                indices.wrong(format!("has {} items, data has {nnz}; they must be as many", indices.len))
            );
        }
        let values = data.values(keep, work)?;
        let beyond = format!("data has {nnz} items");
        let fits = IndexType::for_greatest(nnz as u64);
        let indptr_places = indptr.places(nnz as u64 + 1, fits, &beyond, keep, work)?;
        with_index!(indptr_places.kind(), I => {
            let places = indptr_places.items::<I>();
            let (first, last) = (places[0].place(), places[rows].place());
            if first != 0 || last != nnz {
                return Err(indptr.wrong(format!("goes from {first} to {last}; it must go from 0 to {nnz}, all of data")));
            }
            if let Some(row) = places.windows(2).position(|pair| pair[0] > pair[1]) {
                let (begins, ends) = (places[row].place(), places[row + 1].place());
                return Err(indptr.wrong(format!("steps back at row {row}, from {begins} to {ends}")));
            }
        });
        let beyond = format!("there are {columns} columns (shape {})", shown(&shape));
        let indices = indices.places(columns as u64, IndexType::for_length(columns), &beyond, keep, work)?;
        Self::looked_at(shape, indptr_places, indices, values, work)
    }

    fn looked_at(
        shape: [usize; 2],
        indptr: IndexArray,
        indices: IndexArray,
        values: Values,
        work: &Work<'_>,
    ) -> Result<Self> {
        let mut array = Self { shape, indptr, indices, values, sorted: false, unique: false };
        (array.sorted, array.unique) = array.order(work)?;
        Ok(array)
    }

    /// From parts that fit each other and are known to be in this order.
    pub(super) fn known(
        shape: [usize; 2],
        indptr: IndexArray,
        indices: IndexArray,
        values: Values,
        sorted: bool,
        unique: bool,
    ) -> Self {
        Self { shape, indptr, indices, values, sorted, unique }
    }

    /// Call `each` with a first row, and where it, some rows after it and the one after those begin.
    pub(super) fn row_blocks(
        &self,
        work: &Work<'_>,
        mut each: impl FnMut(usize, &[u64]) -> Result<()>,
    ) -> Result<()> {
        const ROWS: usize = 1024;
        let mut begins = [0u64; ROWS + 1];
        let (rows, mut first) = (self.shape[0], 0);
        while first < rows {
            work.check()?;
            let begins = &mut begins[..=ROWS.min(rows - first)];
            begins.fill(0);
            add_scaled(&self.indptr, first, 1, begins);
            each(first, begins)?;
            first += begins.len() - 1;
        }
        Ok(())
    }

    /// Whether the columns of each row are in order, and whether each is greater than the one before.
    fn order(&self, work: &Work<'_>) -> Result<(bool, bool)> {
        let (mut sorted, mut unique) = (true, true);
        with_index!(self.indices.kind(), I => {
            let columns = self.indices.items::<I>();
            self.row_blocks(work, |_, begins| {
                for row in begins.windows(2) {
                    let row = &columns[row[0] as usize..row[1] as usize];
                    // Nearly always all are greater than the one before.
                    if row.windows(2).all(|pair| pair[0] < pair[1]) {
                        continue;
                    }
                    unique = false;
                    sorted = sorted && row.is_sorted();
                }
                Ok(())
            })
        })?;
        Ok((sorted, unique))
    }

    /// Where each row begins, and where the last one ends.
    pub fn indptr(&self) -> &IndexArray {
        &self.indptr
    }

    /// The column of each entry.
    pub fn indices(&self) -> &IndexArray {
        &self.indices
    }

    /// Rows and columns.
    pub fn dimensions(&self) -> [usize; 2] {
        self.shape
    }

    /// Whether the columns of each row are in order.
    pub fn sorted(&self) -> bool {
        self.sorted
    }

    /// Bytes of indices and values.
    pub fn stored_bytes(&self) -> usize {
        self.parts().map(|part| part.bytes().len()).sum()
    }

    /// Bytes of them that are in our pool.
    pub fn own_bytes(&self) -> usize {
        self.parts().filter(|part| !part.lent()).map(|part| part.bytes().len()).sum()
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        [self.indptr.part(), self.indices.part(), self.values.part()].into_iter()
    }

    /// The first entry of a row and the one after its last.
    pub fn row_range(&self, row: usize) -> (usize, usize) {
        (self.indptr.at(row), self.indptr.at(row + 1))
    }

    /// A row as an array of one dimension; nothing is copied.
    pub fn row(&self, row: usize) -> CooArray {
        let (first, end) = self.row_range(row);
        CooArray::known(
            vec![self.shape[1]],
            vec![self.indices.cut(first, end)],
            self.values.cut(first, end),
            self.sorted,
            self.unique,
        )
    }

    /// The same entries with other values, as many.
    ///
    /// # Errors
    /// [`ArrayError::Argument`] if they are not as many.
    pub fn with_values(&self, data: &Given, keep: Keep, work: &Work<'_>) -> Result<Self> {
        if data.len != self.nnz() {
            return Err(data.wrong(format!("has {} items, expected {}", data.len, self.nnz())));
        }
        Ok(Self { values: data.values(keep, work)?, ..self.clone() })
    }

    /// Whether the parts are what they were when the array was made: a lender may have written to them.
    pub fn intact(&self) -> bool {
        let [rows, columns] = self.shape;
        let ends = self.indptr.at(0) == 0 && self.indptr.at(rows) == self.nnz();
        ends && with_index!(self.indptr.kind(), I => self.indptr.items::<I>().is_sorted())
            && with_index!(self.indices.kind(), I => {
                self.indices.items::<I>().iter().all(|place| place.place() < columns)
            })
    }

    /// The rows of the entries from `first` on, as many as `each` is called for.
    pub fn rows_of(&self, first: usize, count: usize, mut each: impl FnMut(usize, usize)) {
        if count == 0 {
            return;
        }
        with_index!(self.indptr.kind(), I => {
            let indptr = self.indptr.items::<I>();
            let end = first + count;
            let mut row = indptr.partition_point(|begin| begin.place() <= first) - 1;
            let mut at = first;
            while at < end {
                let row_end = indptr[row + 1].place().min(end);
                for place in at..row_end {
                    each(place - first, row);
                }
                at = at.max(row_end);
                row += 1;
            }
        });
    }

    /// By coordinates: values and columns are shared, the rows are made.
    ///
    /// # Errors
    /// Of the budget.
    pub fn to_coo(&self, work: &Work<'_>) -> Result<CooArray> {
        let rows = with_index!(IndexType::for_length(self.shape[0]), I => {
            let mut rows = work.buffer::<I>(self.nnz())?;
            let to: &mut [I] = &mut rows;
            work.blocks(self.nnz(), |first, end| {
                let block = &mut to[first..end];
                self.rows_of(first, end - first, |place, row| block[place] = I::from_place(row));
                Ok(())
            })?;
            let len = rows.len();
            IndexArray::of(rows, len)
        });
        Ok(CooArray::known(
            self.shape.to_vec(),
            vec![rows, self.indices.clone()],
            self.values.clone(),
            self.sorted,
            self.unique,
        ))
    }

    /// From coordinates of two dimensions. Rows come in order, and in each the columns; `sum_duplicates` adds entries of
    /// the same place, in the order in which they were given.
    ///
    /// # Errors
    /// [`ArrayError::Argument`] if there are not two dimensions; of the budget.
    pub fn from_coo(coo: &CooArray, sum_duplicates: bool, work: &Work<'_>) -> Result<Self> {
        let &[rows, columns] = coo.shape() else {
            return Err(ArrayError::Argument(format!(
                "an array of shape {} is no matrix",
                shown(coo.shape())
            )));
        };
        let mut counted = Counted::new(&coo.coords()[0], rows, work)?;
        let indptr = counted.indptr(IndexType::for_greatest(coo.nnz() as u64), work)?;
        if coo.sorted() {
            let (indices, values) = (coo.coords()[1].clone(), coo.values().clone());
            let array = Self::known([rows, columns], indptr, indices, values, true, coo.unique());
            return if sum_duplicates { array.canonical(true, work) } else { Ok(array) };
        }
        let (row_of, column_of) = (&coo.coords()[0], &coo.coords()[1]);
        let (indices, values) = counted.dealt(row_of, column_of, coo.values(), work)?;
        Self::looked_at([rows, columns], indptr, indices, values, work)?.canonical(sum_duplicates, work)
    }

    /// Rows become columns.
    ///
    /// # Errors
    /// Of the budget.
    pub fn transposed(&self, work: &Work<'_>) -> Result<Self> {
        let [rows, columns] = self.shape;
        let mut counted = Counted::new(&self.indices, columns, work)?;
        let indptr = counted.indptr(IndexType::for_greatest(self.nnz() as u64), work)?;
        let by_coordinates = self.to_coo(work)?;
        let row_of = &by_coordinates.coords()[0];
        let (indices, values) = counted.dealt(&self.indices, row_of, &self.values, work)?;
        // Rows are dealt in order.
        Ok(Self::known([columns, rows], indptr, indices, values, true, self.unique))
    }

    /// The same with the entries of each row in the order of their columns, those of a place in the order they had or, with
    /// `sum_duplicates`, added up. Nothing is copied if it is so already.
    ///
    /// # Errors
    /// Of the budget.
    pub fn canonical(&self, sum_duplicates: bool, work: &Work<'_>) -> Result<Self> {
        let sorted = if self.sorted {
            self.clone()
        } else {
            let (indices, values) = sorted_rows(self, work)?;
            Self::looked_at(self.shape, self.indptr.clone(), indices, values, work)?
        };
        if sorted.unique || !sum_duplicates {
            return Ok(sorted);
        }
        let keep = sorted.firsts(work)?;
        let begins = sorted.counted(&keep, work)?;
        let entries = begins[self.shape[0]];
        let indptr = narrowed(&begins, IndexType::for_greatest(entries), work)?;
        let indices = pick(&sorted.indices, &keep, work)?;
        let values = folded(&sorted.values, &keep, work)?;
        Ok(Self::known(self.shape, indptr, indices, values, true, true))
    }

    /// Where each row begins if only the entries are kept whose `keep` is 1.
    pub(super) fn counted(&self, keep: &[u8], work: &Work<'_>) -> Result<Buffer<u64>> {
        let mut counted = work.zeroed::<u64>(self.shape[0] + 1)?;
        let begins_of: &mut [u64] = &mut counted;
        self.row_blocks(work, |first, begins| {
            for (row, begins) in begins.windows(2).enumerate() {
                let kept = kept(&keep[begins[0] as usize..begins[1] as usize]) as u64;
                begins_of[first + row + 1] = begins_of[first + row] + kept;
            }
            Ok(())
        })?;
        Ok(counted)
    }

    /// 1 for each entry that has another place than the one before it, 0 for the others; the entries are in order.
    fn firsts(&self, work: &Work<'_>) -> Result<Buffer<u8>> {
        let mut firsts = work.buffer::<u8>(self.nnz())?;
        let keep: &mut [u8] = &mut firsts;
        with_index!(self.indices.kind(), I => {
            let columns = self.indices.items::<I>();
            self.row_blocks(work, |_, begins| {
                for begins in begins.windows(2) {
                    let (first, end) = (begins[0] as usize, begins[1] as usize);
                    for at in first..end {
                        keep[at] = u8::from(at == first || columns[at] != columns[at - 1]);
                    }
                }
                Ok(())
            })
        })?;
        Ok(firsts)
    }
}

impl Entries for CsrArray {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn values(&self) -> &Values {
        &self.values
    }

    fn places(&self, axis: usize) -> Option<&IndexArray> {
        (axis == 1).then_some(&self.indices)
    }

    fn unique(&self) -> bool {
        self.unique
    }

    fn add_places(&self, axis: usize, first: usize, stride: u64, positions: &mut [u64]) {
        if axis == 1 {
            return add_scaled(&self.indices, first, stride, positions);
        }
        self.rows_of(first, positions.len(), |place, row| {
            positions[place] = positions[place].wrapping_add((row as u64).wrapping_mul(stride));
        });
    }
}
