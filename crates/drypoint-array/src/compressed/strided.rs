//! Arrays as others have them, read box by box: in memory with any strides, or in a file.
//!
//! A mapped file is read with the system's calls and not through its pages: those would all count as the process's memory.

use std::fs::File;
use std::path::PathBuf;

use drypoint_memory::read_exact_at;

use super::layout::{Walk, items_of, row_major};
use crate::{ArrayError, Chunked, DType, Result, Scratch};

/// Bytes that somebody keeps in place, all the same whenever they are asked for.
pub trait Storage: Send + Sync {
    /// All of them.
    fn bytes(&self) -> &[u8];
}

impl Storage for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

impl Storage for drypoint_memory::Buffer<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

/// What NumPy says of an array: the type of its items, their number along each dimension, where the first begins, and the
/// distances between them in bytes, which may be negative or nothing.
#[derive(Debug, Clone)]
pub struct Geometry {
    /// The type of an item.
    pub dtype: DType,
    /// Items along each dimension.
    pub shape: Vec<usize>,
    /// Bytes from one to the next.
    pub strides: Vec<isize>,
    /// Where the first begins.
    pub first_byte: u64,
}

impl Geometry {
    /// Items in C order from the beginning.
    pub fn contiguous(dtype: DType, shape: &[usize]) -> Self {
        let strides = row_major(shape, dtype.item_bytes());
        Self { dtype, shape: shape.to_vec(), strides, first_byte: 0 }
    }

    /// Refuse what does not lie within `bytes`.
    fn check(&self, name: &str, bytes: u64) -> Result<()> {
        let wrong = || ArrayError::Unsupported {
            name: name.into(),
            what: format!("an array of shape {:?} and strides {:?} in {bytes} B", self.shape, self.strides),
        };
        if self.shape.len() != self.strides.len() {
            return Err(wrong());
        }
        if items_of(&self.shape).ok_or_else(wrong)? == 0 {
            return Ok(());
        }
        let (mut below, mut above) = (0u64, self.dtype.item_bytes() as u64);
        for (&items, &stride) in self.shape.iter().zip(&self.strides) {
            let reach = (stride.unsigned_abs() as u64).checked_mul(items as u64 - 1).ok_or_else(wrong)?;
            let side = if stride < 0 { &mut below } else { &mut above };
            *side = side.checked_add(reach).ok_or_else(wrong)?;
        }
        let fits =
            below <= self.first_byte && self.first_byte.checked_add(above).is_some_and(|end| end <= bytes);
        if fits { Ok(()) } else { Err(wrong()) }
    }

    /// Where the item at `start` begins.
    fn byte_of(&self, start: &[usize]) -> u64 {
        let distance: i64 =
            start.iter().zip(&self.strides).map(|(&at, &stride)| at as i64 * stride as i64).sum();
        self.first_byte.wrapping_add_signed(distance)
    }

    fn walk(&self, shape: &[usize]) -> Walk {
        let item = self.dtype.item_bytes();
        Walk::new(shape, &self.strides, &row_major(shape, item), item)
    }
}

/// Check what [`Chunked::read`] is asked for.
pub(crate) fn check_box(
    name: &str,
    dtype: &DType,
    whole: &[usize],
    start: &[usize],
    shape: &[usize],
    items: usize,
) -> Result<()> {
    let inside = start.len() == whole.len()
        && shape.len() == whole.len()
        && (0..whole.len())
            .all(|axis| start[axis].checked_add(shape[axis]).is_some_and(|end| end <= whole[axis]));
    let bytes = items_of(shape).and_then(|items| items.checked_mul(dtype.item_bytes()));
    if inside && bytes == Some(items) {
        return Ok(());
    }
    let what = format!("a box of shape {shape:?} from {start:?} of shape {whole:?} in {items} B");
    Err(ArrayError::Unsupported { name: name.into(), what })
}

/// An array in memory.
pub struct StridedArray<S> {
    name: String,
    geometry: Geometry,
    storage: S,
}

impl<S: Storage> StridedArray<S> {
    /// The array of `geometry` in `storage`.
    ///
    /// # Errors
    /// [`ArrayError::Unsupported`] if it does not lie there.
    pub fn new(name: &str, geometry: Geometry, storage: S) -> Result<Self> {
        geometry.check(name, storage.bytes().len() as u64)?;
        Ok(Self { name: name.into(), geometry, storage })
    }
}

impl<S: Storage> Chunked for StridedArray<S> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn dtype(&self) -> &DType {
        &self.geometry.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.geometry.shape
    }

    fn chunk_shape(&self) -> &[usize] {
        &self.geometry.shape
    }

    fn read(&self, start: &[usize], shape: &[usize], _scratch: &mut Scratch, items: &mut [u8]) -> Result<()> {
        check_box(&self.name, &self.geometry.dtype, &self.geometry.shape, start, shape, items.len())?;
        if !items.is_empty() {
            let first = self.geometry.byte_of(start) as usize;
            self.geometry.walk(shape).copy(self.storage.bytes(), first, items, 0);
        }
        Ok(())
    }
}

/// An array in a file, such as one of NPY.
#[derive(Debug)]
pub struct FileArray {
    path: PathBuf,
    file: File,
    geometry: Geometry,
}

/// Items that lie apart are read together with what is between them if that is no more than this.
const GAP_BYTES: usize = 1 << 16;

impl FileArray {
    /// The array of `geometry` in `file`, which was opened from `path`.
    ///
    /// # Errors
    /// [`ArrayError::Unsupported`] if it does not lie there; [`ArrayError::Io`].
    pub fn new(path: PathBuf, file: File, geometry: Geometry) -> Result<Self> {
        let name = path.display().to_string();
        let bytes = file.metadata().map_err(|error| ArrayError::Io { name: name.clone(), error })?.len();
        geometry.check(&name, bytes)?;
        Ok(Self { path, file, geometry })
    }

    fn read_at(&self, target: &mut [u8], offset: u64) -> Result<()> {
        read_exact_at(&self.file, target, offset).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => ArrayError::Damaged {
                name: self.name(),
                what: format!("{} B from {offset} are no longer in the file", target.len()),
            },
            _ => ArrayError::Io { name: self.name(), error },
        })
    }
}

impl Chunked for FileArray {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn dtype(&self) -> &DType {
        &self.geometry.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.geometry.shape
    }

    fn chunk_shape(&self) -> &[usize] {
        &self.geometry.shape
    }

    fn read(&self, start: &[usize], shape: &[usize], _scratch: &mut Scratch, items: &mut [u8]) -> Result<()> {
        let Geometry { dtype, shape: whole, strides, .. } = &self.geometry;
        check_box(&self.name(), dtype, whole, start, shape, items.len())?;
        if items.is_empty() {
            return Ok(());
        }
        let (item, first) = (dtype.item_bytes(), self.geometry.byte_of(start));
        // Along the densest dimension items are fetched in one call, with what lies between them.
        let dense = (0..shape.len())
            .filter(|&axis| shape[axis] > 1)
            .min_by_key(|&axis| strides[axis].unsigned_abs())
            .filter(|&axis| strides[axis] > 0 && strides[axis] as usize <= GAP_BYTES + item);
        let runs = self.geometry.walk(shape);
        let (Some(dense), true) = (dense, runs.run_bytes() == item && items.len() > item) else {
            let run = runs.run_bytes();
            return runs.try_each(|from, to| {
                self.read_at(
                    &mut items[to as usize..to as usize + run],
                    first.wrapping_add_signed(from as i64),
                )
            });
        };
        let stride = strides[dense] as usize;
        let room = (GAP_BYTES / stride).max(1);
        let targets = row_major(shape, item);
        let mut others = shape.to_vec();
        others[dense] = 1;
        let rows = Walk::new(&others, strides, &targets, item);
        let mut between = vec![0u8; room.min(shape[dense]).saturating_sub(1) * stride + item];
        let along = targets[dense] as usize;
        rows.try_each(|from, to| {
            let mut done = 0;
            while done < shape[dense] {
                let count = room.min(shape[dense] - done);
                let bytes = &mut between[..(count - 1) * stride + item];
                let offset = first.wrapping_add_signed(from as i64) + (done * stride) as u64;
                self.read_at(bytes, offset)?;
                Walk::new(&[count], &[stride as isize], &[along as isize], item).copy(
                    bytes,
                    0,
                    items,
                    to as usize + done * along,
                );
                done += count;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_and_memory_give_the_same_boxes() {
        let bytes: Vec<u8> = (0..4000u32).flat_map(|n| (n as u16).to_le_bytes()).collect();
        let dtype = DType::parse("<u2").unwrap();
        let geometries = [
            (vec![40, 50], vec![100isize, 2], 0u64),
            (vec![50, 40], vec![2, 100], 0),
            (vec![20, 25], vec![-200, 4], 3800),
            (vec![3, 5, 7], vec![2000, 0, 6], 10),
            (vec![2000], vec![2], 1),
        ];
        for (shape, strides, first_byte) in geometries {
            let geometry = Geometry { dtype: dtype.clone(), shape, strides, first_byte };
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&bytes).unwrap();
            let stored =
                FileArray::new(file.path().into(), file.reopen().unwrap(), geometry.clone()).unwrap();
            let held = StridedArray::new("array", geometry.clone(), bytes.clone()).unwrap();
            let start: Vec<usize> = geometry.shape.iter().map(|&items| items / 5).collect();
            let shape: Vec<usize> =
                geometry.shape.iter().zip(&start).map(|(items, start)| items - start).collect();
            let count = items_of(&shape).unwrap() * 2;
            let (mut one, mut other) = (vec![0; count], vec![1; count]);
            stored.read(&start, &shape, &mut Scratch::default(), &mut one).unwrap();
            held.read(&start, &shape, &mut Scratch::default(), &mut other).unwrap();
            assert_eq!(one, other, "{geometry:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let dtype = DType::parse("<f8").unwrap();
        let geometry = |shape: &[usize], strides: &[isize], first_byte| Geometry {
            dtype: dtype.clone(),
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            first_byte,
        };
        for wrong in [
            geometry(&[3], &[8], 0),
            geometry(&[2], &[-8], 0),
            geometry(&[2], &[8, 8], 0),
            geometry(&[usize::MAX, 2], &[0, 0], 0),
        ] {
            assert!(StridedArray::new("array", wrong, vec![0u8; 16]).is_err());
        }
        let held = StridedArray::new("array", geometry(&[2], &[8], 0), vec![0u8; 16]).unwrap();
        assert!(held.read(&[1], &[2], &mut Scratch::default(), &mut [0; 16]).is_err());
        assert!(held.read(&[0], &[2], &mut Scratch::default(), &mut [0; 8]).is_err());
    }
}
