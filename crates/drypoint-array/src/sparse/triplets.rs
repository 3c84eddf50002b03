//! An array from coordinates and values that come in parts, of which nobody knows how many.
//!
//! Parts are kept each in the smallest types that hold it. The last two are joined while the one before is less than twice as
//! large, and if duplicates are added, added then: so what is held follows the number of different places, not of entries.

use super::index::{Index, with_index};
use super::value::with_width;
use super::{CooArray, Entries, Given, IndexArray, IndexType, Keep, Part, ValueType, Values, Work};
use crate::{ArrayError, Result};

/// Parts this large are joined at the end, unless duplicates are added.
const LARGE: usize = 1 << 20;

/// Entries as they come.
pub struct Triplets {
    shape: Option<Vec<usize>>,
    /// One more than the greatest place along each dimension, so far.
    reached: Vec<usize>,
    kind: Option<ValueType>,
    sum_duplicates: bool,
    parts: Vec<CooArray>,
    entries: u64,
}

impl Triplets {
    /// Of an array of this shape; without one, it reaches as far as the entries do.
    pub fn new(shape: Option<Vec<usize>>, sum_duplicates: bool) -> Self {
        Self { shape, reached: Vec::new(), kind: None, sum_duplicates, parts: Vec::new(), entries: 0 }
    }

    /// How many entries came.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Take some more.
    ///
    /// # Errors
    /// As [`CooArray::new`]; [`ArrayError::Argument`] if the type of the values or the number of dimensions is another than
    /// before.
    pub fn push(&mut self, coords: &[Given], data: &Given, work: &Work<'_>) -> Result<()> {
        let kind = ValueType::of(&data.dtype)?;
        if let Some(before) = self.kind.filter(|before| *before != kind) {
            let what = format!("are of type {}, those before were of {}", kind.name(), before.name());
            return Err(data.wrong(what));
        }
        let shape = match &self.shape {
            Some(shape) => shape.clone(),
            None => {
                let reach = |given: &Given| match given.greatest(work)? {
                    Some(greatest) => usize::try_from(greatest).map(|greatest| greatest + 1).map_err(|_| {
                        given.wrong(format!("holds {greatest}, which is too large for an index"))
                    }),
                    None => Ok(0),
                };
                coords.iter().map(reach).collect::<Result<Vec<_>>>()?
            }
        };
        if !self.reached.is_empty() && self.reached.len() != coords.len() {
            return Err(ArrayError::Argument(format!(
                "entries with {} coordinates came after some with {}",
                coords.len(),
                self.reached.len()
            )));
        }
        let part = CooArray::new(&shape, coords, data, Keep::Never, work)?;
        self.kind = Some(kind);
        self.reached.resize(coords.len(), 0);
        for (reached, length) in self.reached.iter_mut().zip(&shape) {
            *reached = (*reached).max(*length);
        }
        self.entries += data.len as u64;
        if part.nnz() > 0 {
            self.parts.push(if self.sum_duplicates { part.canonical(true, work)? } else { part });
        }
        while let [.., before, last] = &self.parts[..] {
            let due = before.nnz() < 2 * last.nnz() && (self.sum_duplicates || before.nnz() < LARGE);
            if !due {
                break;
            }
            let joined = joined(&[before, last], work)?;
            let joined = if self.sum_duplicates { joined.canonical(true, work)? } else { joined };
            self.parts.truncate(self.parts.len() - 2);
            self.parts.push(joined);
        }
        Ok(())
    }

    /// The array, its entries in order; `kind` is for one to which nothing came.
    ///
    /// # Errors
    /// [`ArrayError::Argument`] if neither a shape nor an entry told how many dimensions there are; of the budget.
    pub fn finish(mut self, kind: ValueType, work: &Work<'_>) -> Result<CooArray> {
        let shape = match self.shape.take() {
            Some(shape) => shape,
            None if self.reached.is_empty() => {
                return Err(ArrayError::Argument("nothing came and shape was not given; give shape".into()));
            }
            None => std::mem::take(&mut self.reached),
        };
        let values = Values::new(self.kind.unwrap_or(kind), Part::of(work.buffer::<u8>(0)?, 0));
        let empty = |length: &usize| {
            Ok(IndexArray::new(IndexType::for_length(*length), Part::of(work.buffer::<u8>(0)?, 0)))
        };
        let coords = shape.iter().map(empty).collect::<Result<Vec<_>>>()?;
        let whole = CooArray::known(shape, coords, values, true, true);
        let parts: Vec<&CooArray> = [&whole].into_iter().chain(&self.parts).collect();
        let joined = joined(&parts, work)?;
        drop(parts);
        self.parts.clear();
        joined.canonical(self.sum_duplicates, work)
    }
}

/// Parts one after the other, of the least shape that holds all.
fn joined(parts: &[&CooArray], work: &Work<'_>) -> Result<CooArray> {
    let mut shape = parts[0].shape().to_vec();
    for part in parts {
        for (length, other) in shape.iter_mut().zip(part.shape()) {
            *length = (*length).max(*other);
        }
    }
    super::coo::check_shape(&shape)?;
    let nnz = parts.iter().map(|part| part.nnz()).sum();
    let coords = shape.iter().enumerate().map(|(axis, &length)| {
        with_index!(IndexType::for_length(length), To => {
            let mut places_of = work.buffer::<To>(nnz)?;
            let to: &mut [To] = &mut places_of;
            let mut after = 0;
            for part in parts {
                let places = &part.coords()[axis];
                with_index!(places.kind(), From => {
                    let from = places.items::<From>();
                    work.blocks(from.len(), |first, end| {
                        for (to, from) in to[after + first..].iter_mut().zip(&from[first..end]) {
                            *to = To::from_place(from.place());
                        }
                        Ok(())
                    })?;
                    after += from.len();
                });
            }
            Ok(IndexArray::of(places_of, nnz))
        })
    });
    let coords = coords.collect::<Result<Vec<_>>>()?;
    // The first part may be there for its shape alone, the last one has values of the type that came.
    let kind = parts[parts.len() - 1].values().kind();
    let values = with_width!(kind, T => {
        let mut to = work.buffer::<T>(nnz)?;
        let mut after = 0;
        for part in parts.iter().filter(|part| part.nnz() > 0) {
            let from = part.values().items::<T>();
            to[after..after + from.len()].copy_from_slice(from);
            after += from.len();
        }
        Values::new(kind, Part::of(to, nnz))
    });
    CooArray::looked_at(shape, coords, values, work)
}
