//! Entries by their coordinates, in any number of dimensions.

use super::entries::{add_scaled, row_major};
use super::index::{Index, with_index};
use super::{Entries, Given, IndexArray, IndexType, Keep, Values, Work};
use crate::{ArrayError, Result};

/// Values, and for each dimension an array of where they are.
#[derive(Clone)]
pub struct CooArray {
    shape: Vec<usize>,
    coords: Vec<IndexArray>,
    values: Values,
    sorted: bool,
    unique: bool,
}

/// A shape as Python writes it.
pub(super) fn shown(shape: &[usize]) -> String {
    match shape {
        [length] => format!("({length},)"),
        shape => format!("({})", shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Refuse shapes of more cells than a place can be given a number.
pub(super) fn check_shape(shape: &[usize]) -> Result<()> {
    let cells = shape.iter().try_fold(1usize, |cells, &length| cells.checked_mul(length.max(1)));
    if cells.is_none_or(|cells| cells > isize::MAX as usize) {
        return Err(ArrayError::Argument(format!("shape {} has more than 2**63 - 1 cells", shown(shape))));
    }
    Ok(())
}

impl CooArray {
    /// From coordinates, one array for each dimension of `shape`, and values.
    ///
    /// # Errors
    /// [`ArrayError::Argument`] for coordinates outside the shape and for lengths that differ,
    /// [`ArrayError::UnsupportedDType`] for values without numbers.
    pub fn new(shape: &[usize], coords: &[Given], data: &Given, keep: Keep, work: &Work<'_>) -> Result<Self> {
        check_shape(shape)?;
        if coords.len() != shape.len() {
            return Err(ArrayError::Argument(format!(
                "coords has {} arrays, one is needed for each of the {} dimensions of shape {}",
                coords.len(),
                shape.len(),
                shown(shape)
            )));
        }
        for given in coords {
            if given.len != data.len {
                let (len, values, name) = (given.len, data.len, &data.name);
                return Err(
                    given.wrong(format!("has {len} items, {name} has {values}; they must be as many"))
                );
            }
        }
        let values = data.values(keep, work)?;
        let places = coords.iter().zip(shape).enumerate().map(|(axis, (given, &length))| {
            let beyond = format!("dimension {axis} has {length} (shape {})", shown(shape));
            given.places(length as u64, IndexType::for_length(length), &beyond, keep, work)
        });
        let coords = places.collect::<Result<Vec<_>>>()?;
        Self::looked_at(shape.to_vec(), coords, values, work)
    }

    /// From parts that fit each other; whether they are in order is found out.
    pub(super) fn looked_at(
        shape: Vec<usize>,
        coords: Vec<IndexArray>,
        values: Values,
        work: &Work<'_>,
    ) -> Result<Self> {
        let mut array = Self { shape, coords, values, sorted: false, unique: false };
        (array.sorted, array.unique) = array.order(work)?;
        Ok(array)
    }

    /// From parts that fit each other and are known to be in this order.
    pub(super) fn known(
        shape: Vec<usize>,
        coords: Vec<IndexArray>,
        values: Values,
        sorted: bool,
        unique: bool,
    ) -> Self {
        Self { shape, coords, values, sorted, unique }
    }

    /// Whether entries are in C order, and whether each is greater than the one before.
    fn order(&self, work: &Work<'_>) -> Result<(bool, bool)> {
        const BLOCK: usize = 1024;
        if self.shape.is_empty() {
            return Ok((true, self.nnz() <= 1));
        }
        let strides = row_major(&self.shape);
        let mut positions = [0u64; BLOCK];
        let (mut last, mut unique, mut first) = (None, true, 0);
        while first < self.nnz() {
            work.check()?;
            let block = &mut positions[..BLOCK.min(self.nnz() - first)];
            self.positions(first, &strides, block);
            if last.is_some_and(|last| last > block[0]) || !block.is_sorted() {
                return Ok((false, false));
            }
            unique &= last != Some(block[0]) && block.windows(2).all(|pair| pair[0] != pair[1]);
            last = block.last().copied();
            first += block.len();
        }
        Ok((true, unique))
    }

    /// The same, told that no two entries have the same place if `unique`.
    pub(super) fn unique_if(mut self, unique: bool) -> Self {
        self.unique |= unique;
        self
    }

    /// The entries from `first` to before `end`; nothing is copied.
    pub(super) fn cut(&self, first: usize, end: usize) -> Self {
        Self {
            shape: self.shape.clone(),
            coords: self.coords.iter().map(|places| places.cut(first, end)).collect(),
            values: self.values.cut(first, end),
            ..*self
        }
    }

    /// The places along each dimension.
    pub fn coords(&self) -> &[IndexArray] {
        &self.coords
    }

    /// Whether the entries are in C order.
    pub fn sorted(&self) -> bool {
        self.sorted
    }

    /// Bytes of coordinates and values.
    pub fn stored_bytes(&self) -> usize {
        self.coords.iter().map(|coords| coords.part().bytes().len()).sum::<usize>()
            + self.values.part().bytes().len()
    }

    /// Bytes of them that are in our pool.
    pub fn own_bytes(&self) -> usize {
        let parts = self.coords.iter().map(IndexArray::part).chain([self.values.part()]);
        parts.filter(|part| !part.lent()).map(|part| part.bytes().len()).sum()
    }

    /// The same entries with the dimensions in another order; nothing is copied.
    ///
    /// # Errors
    /// Of the flag alone.
    pub fn transposed(&self, axes: &[usize], work: &Work<'_>) -> Result<Self> {
        let shape = axes.iter().map(|&axis| self.shape[axis]).collect();
        let coords = axes.iter().map(|&axis| self.coords[axis].clone()).collect();
        Ok(Self::looked_at(shape, coords, self.values.clone(), work)?.unique_if(self.unique))
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
        self.coords.iter().zip(&self.shape).all(|(coords, &length)| {
            with_index!(coords.kind(), I => coords.items::<I>().iter().all(|place| place.place() < length))
        })
    }
}

impl Entries for CooArray {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn values(&self) -> &Values {
        &self.values
    }

    fn places(&self, axis: usize) -> Option<&IndexArray> {
        self.coords.get(axis)
    }

    fn unique(&self) -> bool {
        self.unique
    }

    fn add_places(&self, axis: usize, first: usize, stride: u64, positions: &mut [u64]) {
        add_scaled(&self.coords[axis], first, stride, positions);
    }
}
