//! Step two of a block: each point to its cell. Random access, so what counts is how small the cells are and how early
//! the processor is told where to look.

use std::sync::Arc;

use drypoint_memory::{Buffer, Pod};

use super::atomic::AtomicPlane;
use super::block::Points;

/// How far ahead cells are fetched; taken over from the prototype, not tuned here.
const AHEAD: usize = 24;

/// Bytes that are fetched together.
const CACHE_LINE: usize = 64;

/// Cells beyond this many bytes are fetched ahead: they do not stay in the second-level cache.
const FETCH_FROM_BYTES: usize = 1 << 20;

/// A per-cell fold of values.
pub(crate) trait Fold: 'static {
    /// What a cell holds.
    type Cell: Pod;
    /// A cell in which nothing fell.
    const EMPTY: Self::Cell;
    /// Whether [`Fold::add`] looks at the key.
    const ORDERED: bool = false;
    /// Whether [`Fold::add`] looks at the value.
    const VALUED: bool = true;
    /// One value into a cell. Keys grow along the source.
    fn add(cell: &mut Self::Cell, value: f64, key: u64);
    /// All that fell in `other` into a cell.
    fn merge(cell: &mut Self::Cell, other: &Self::Cell);
}

#[inline(always)]
fn fetch<T>(cell: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch may be given any address; it reads nothing.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(cell.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    std::hint::black_box(cell);
}

/// Where the cells of each point are: one plane, or one for each code.
trait Place<T> {
    /// SAFETY: `point` must be below the number of points.
    unsafe fn cell(&self, point: usize) -> *mut T;
}

struct OnePlane<'a, T> {
    pixels: &'a [u32],
    base: *mut T,
}

impl<T> Place<T> for OnePlane<'_, T> {
    #[inline(always)]
    unsafe fn cell(&self, point: usize) -> *mut T {
        // SAFETY: the caller vouches for `point`; `with_places` compared the bound of the pixels with the plane.
        unsafe { self.base.add(*self.pixels.get_unchecked(point) as usize) }
    }
}

struct ManyPlanes<'a, T> {
    pixels: &'a [u32],
    codes: &'a [u32],
    bases: &'a [*mut T],
}

impl<T> Place<T> for ManyPlanes<'_, T> {
    #[inline(always)]
    unsafe fn cell(&self, point: usize) -> *mut T {
        // SAFETY: the caller vouches for `point`; `with_places` compared the greatest code with the number of planes
        // and the bound of the pixels with the length of each plane.
        unsafe {
            let base = *self.bases.get_unchecked(*self.codes.get_unchecked(point) as usize);
            base.add(*self.pixels.get_unchecked(point) as usize)
        }
    }
}

/// Bases of more planes than this are gathered on the heap.
const PLANES_ON_STACK: usize = 16;

/// Run `$loop` with the places of the points, after checking that all of them exist.
macro_rules! with_places {
    ($points:expr, $planes:expr, |$place:ident| $loop:expr) => {{
        let (points, planes) = ($points, $planes);
        assert!(planes.iter().all(|plane| plane.len() >= points.bound), "a plane is shorter than the grid");
        if points.codes.is_empty() {
            if let Some(plane) = planes.first_mut() {
                let $place = OnePlane { pixels: points.pixels, base: plane.as_mut_ptr() };
                $loop
            }
        } else {
            let greatest = points.codes.iter().fold(0, |greatest, code| greatest.max(*code));
            assert!((greatest as usize) < planes.len(), "a code without a plane");
            assert_eq!(points.codes.len(), points.pixels.len());
            let mut few = [std::ptr::null_mut(); PLANES_ON_STACK];
            let many: Vec<_>;
            let bases = if planes.len() <= PLANES_ON_STACK {
                for (base, plane) in few.iter_mut().zip(planes.iter_mut()) {
                    *base = plane.as_mut_ptr();
                }
                &few[..planes.len()]
            } else {
                many = planes.iter_mut().map(|plane| plane.as_mut_ptr()).collect();
                &many[..]
            };
            let $place = ManyPlanes { pixels: points.pixels, codes: points.codes, bases };
            $loop
        }
    }};
}

fn bytes<T: Pod>(planes: &[Buffer<T>]) -> usize {
    planes.iter().map(|plane| size_of_val(&**plane)).sum()
}

/// Visit the cells in the order of the points.
#[inline(always)]
fn visit<T>(rows: usize, place: impl Place<T>, ahead: bool, mut visit: impl FnMut(usize, *mut T)) {
    let fetched = if ahead { rows.saturating_sub(AHEAD) } else { 0 };
    for point in 0..fetched {
        // SAFETY: `point + AHEAD < rows`.
        fetch(unsafe { place.cell(point + AHEAD) });
        // SAFETY: `point < rows`.
        visit(point, unsafe { place.cell(point) });
    }
    for point in fetched..rows {
        // SAFETY: `point < rows`.
        visit(point, unsafe { place.cell(point) });
    }
}

/// Fold the points into the planes of cells.
pub(crate) fn fold<F: Fold>(points: &Points<'_>, planes: &mut [Buffer<F::Cell>]) {
    let rows = points.pixels.len();
    if rows == 0 {
        return;
    }
    assert!(!F::VALUED || points.values.len() == rows);
    assert!(!F::ORDERED || points.row_numbers.len() == rows);
    let ahead = bytes(planes) > FETCH_FROM_BYTES;
    with_places!(points, planes, |place| visit(rows, place, ahead, |point, cell| {
        // SAFETY: the lengths were compared above, `point < rows`.
        let value = if F::VALUED { unsafe { *points.values.get_unchecked(point) } } else { 0.0 };
        let key = if F::ORDERED {
            // SAFETY: as above.
            points.order + u64::from(unsafe { *points.row_numbers.get_unchecked(point) })
        } else {
            0
        };
        // SAFETY: `cell` lies in a plane that is borrowed exclusively, and no other reference to it exists now.
        F::add(unsafe { &mut *cell }, value, key);
    }));
}

/// What a fold is told of a point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) value: f64,
    /// 0 if rows are not numbered.
    pub(crate) key: u64,
    /// What the row has in the second column; NaN if none is read.
    pub(crate) lookup: f64,
}

/// Fold the points into planes of which each cell is `depth` entries one after the other.
///
/// `add` gets a cell and what is known of the point, as far as it asks for that. Cells are fetched ahead by their last entry, which `add` looks at
/// first, and by the first one where that may lie elsewhere.
#[inline(always)]
pub(crate) fn fold_deep<T: Pod>(
    points: &Points<'_>,
    planes: &mut [Buffer<T>],
    depth: usize,
    (keyed, looked_up): (bool, bool),
    mut add: impl FnMut(&mut [T], Told),
) {
    let rows = points.pixels.len();
    if rows == 0 {
        return;
    }
    let bound = points.bound.checked_mul(depth);
    let fits = |plane: &Buffer<T>| bound.is_some_and(|bound| plane.len() >= bound);
    assert!(depth > 0 && planes.iter().all(fits), "a plane is shorter than the grid");
    assert_eq!(points.values.len(), rows);
    assert!(!looked_up || points.lookups.len() == rows);
    assert!(!keyed || points.row_numbers.len() == rows);
    assert!(points.codes.is_empty() || points.codes.len() == rows);
    let start = |point: usize| {
        let plane = points.codes.get(point).map_or(0, |code| *code as usize);
        (plane, points.pixels[point] as usize * depth)
    };
    let ahead = if bytes(planes) > FETCH_FROM_BYTES { AHEAD } else { rows };
    for point in 0..rows {
        if point + ahead < rows {
            let (plane, at) = start(point + ahead);
            let cell = &planes[plane][at..at + depth];
            fetch(&raw const cell[depth - 1]);
            if size_of_val(cell) > CACHE_LINE / 2 {
                fetch(&raw const cell[0]);
            }
        }
        let (plane, at) = start(point);
        let told = Told {
            value: points.values[point],
            key: if keyed { points.order + u64::from(points.row_numbers[point]) } else { 0 },
            lookup: if looked_up { points.lookups[point] } else { f64::NAN },
        };
        add(&mut planes[plane][at..at + depth], told);
    }
}

/// Count the points in narrow counters; `wrapped(pixel, code)` is called each time one passes 255.
pub(crate) fn count_narrow(
    points: &Points<'_>,
    planes: &mut [Buffer<u8>],
    mut wrapped: impl FnMut(u32, u32),
) {
    let rows = points.pixels.len();
    if rows == 0 {
        return;
    }
    let ahead = bytes(planes) > FETCH_FROM_BYTES;
    with_places!(points, planes, |place| visit(rows, place, ahead, |point, cell| {
        // SAFETY: `cell` lies in a plane that is borrowed exclusively.
        let count = unsafe {
            *cell = (*cell).wrapping_add(1);
            *cell
        };
        if count == 0 {
            wrapped(points.pixels[point], points.codes.get(point).copied().unwrap_or(0));
        }
    }));
}

/// Count the points in counters that other threads count in too; `wrapped(pixel, code)` as above, past 2³² - 1.
pub(crate) fn count_direct(
    points: &Points<'_>,
    planes: &[Arc<AtomicPlane>],
    mut wrapped: impl FnMut(u32, u32),
) {
    for (point, pixel) in points.pixels.iter().enumerate() {
        let code = points.codes.get(point).copied().unwrap_or(0);
        if let Some(ahead) = points.pixels.get(point + AHEAD) {
            let code = points.codes.get(point + AHEAD).copied().unwrap_or(0);
            fetch(&raw const planes[code as usize].counters()[*ahead as usize]);
        }
        if planes[code as usize].add(*pixel as usize, 1) {
            wrapped(*pixel, code);
        }
    }
}
