//! Compressed arrays beside a plain array that is indexed item by item; under pressure; from many threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drypoint_array::{
    ArrayError, Chunked, Codec, CompressedArray, DType, Geometry, GrowingArray, Packing, Scratch, Selection,
    SpillSpace, Store, StoredChunk, StridedArray,
};
use drypoint_memory::MemoryPool;
use proptest::prelude::*;

static GO_ON: AtomicBool = AtomicBool::new(false);

fn store(limit: usize) -> (MemoryPool, Arc<Store>) {
    let pool = MemoryPool::new(limit);
    let store = Store::new(&pool, Arc::new(SpillSpace::new(None, Some(1 << 30))));
    (pool, store)
}

fn dtype() -> DType {
    DType::parse("<u2").unwrap()
}

fn array(shape: &[usize], items: &[u16]) -> StridedArray<Vec<u8>> {
    let bytes = items.iter().flat_map(|item| item.to_le_bytes()).collect();
    StridedArray::new("array", Geometry::contiguous(dtype(), shape), bytes).unwrap()
}

fn zstd() -> Packing {
    Packing::new(Some("zstd:1".parse::<Codec>().unwrap()), None)
}

fn numbers(items: &[u8]) -> Vec<u16> {
    items.chunks_exact(2).map(|item| u16::from_le_bytes([item[0], item[1]])).collect()
}

fn select(array: &CompressedArray, selection: &Selection) -> Result<Vec<u16>, ArrayError> {
    let mut items = vec![0xff; selection.items() * 2];
    array.select(selection, 2, &GO_ON, &mut items)?;
    Ok(numbers(&items))
}

fn all(array: &CompressedArray) -> Vec<u16> {
    let shape = array.shape().to_vec();
    select(array, &Selection::of_box(&vec![0; shape.len()], &shape)).unwrap()
}

/// The items of a selection and their places among all, one by one.
fn naive(shape: &[usize], selection: &Selection) -> Vec<usize> {
    (0..selection.items())
        .map(|number| {
            let (mut rest, mut place, mut stride) = (number, 0, 1);
            for axis in (0..shape.len()).rev() {
                let count = selection.count[axis];
                place += stride * (selection.start[axis] + rest % count * selection.step[axis]);
                rest /= count;
                stride *= shape[axis];
            }
            place
        })
        .collect()
}

prop_compose! {
    fn shapes()(axes in prop::collection::vec((0usize..12, 1usize..6, 0usize..12, 1usize..5, 0usize..12), 0..4))
        -> (Vec<usize>, Vec<usize>, Selection)
    {
        let mut selection = Selection { start: vec![], step: vec![], count: vec![] };
        for &(items, _, start, step, count) in &axes {
            let start = start.min(items);
            selection.start.push(start);
            selection.step.push(step);
            selection.count.push(count.min((items - start).div_ceil(step)));
        }
        let (shape, chunk) = axes.iter().map(|axis| (axis.0, axis.1)).unzip();
        (shape, chunk, selection)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn reading_and_assigning_agree_with_one_item_at_a_time(
        (shape, chunk, selection) in shapes(),
        spilled in any::<bool>(),
    ) {
        let (_pool, store) = store(64 << 20);
        let items: Vec<u16> = (0..shape.iter().product::<usize>()).map(|n| (n % 7 * 1000) as u16).collect();
        let built = CompressedArray::from_source(&store, &array(&shape, &items), &chunk, zstd(), 2, &GO_ON).unwrap();
        if spilled {
            store.spill(usize::MAX);
        }
        prop_assert_eq!(all(&built), items.clone());
        let places = naive(&shape, &selection);
        let expected: Vec<u16> = places.iter().map(|&place| items[place]).collect();
        prop_assert_eq!(select(&built, &selection).unwrap(), expected);

        let before = built.share();
        let given: Vec<u16> = (0..places.len()).map(|n| n as u16 + 40_000).collect();
        built.assign(&selection, &array(&selection.count, &given), 2, &GO_ON).unwrap();
        let mut assigned = items.clone();
        for (&place, &item) in places.iter().zip(&given) {
            assigned[place] = item;
        }
        prop_assert_eq!(all(&built), assigned);
        prop_assert_eq!(all(&before), items);
    }

    #[test]
    fn pieces_of_any_length_make_the_array(
        lengths in prop::collection::vec(0usize..9, 0..9),
        row in prop::sample::select(vec![Vec::<usize>::new(), vec![1], vec![5], vec![2, 3]]),
        rows in 1usize..7,
    ) {
        let (_pool, store) = store(64 << 20);
        let mut chunk = vec![rows];
        chunk.extend(row.iter().map(|&items| items.div_ceil(2)));
        let mut growing = GrowingArray::new(&store, dtype(), &row, &chunk, zstd()).unwrap();
        let (mut items, width) = (Vec::new(), row.iter().product::<usize>());
        for length in lengths {
            let piece: Vec<u16> = (0..length * width).map(|n| (items.len() + n * n) as u16).collect();
            let shape = [&[length], &row[..]].concat();
            growing.append(&array(&shape, &piece), 2, &GO_ON).unwrap();
            items.extend(piece);
            prop_assert_eq!(growing.rows() * width, items.len());
        }
        let built = growing.finish(2, &GO_ON).unwrap();
        prop_assert_eq!(all(&built), items);
    }

    #[test]
    fn stored_chunks_make_the_same_array_and_damaged_ones_an_error_or_items(
        (shape, chunk, _) in shapes(),
        damage in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let (_pool, store) = store(64 << 20);
        let items: Vec<u16> = (0..shape.iter().product::<usize>()).map(|n| (n * n) as u16).collect();
        let built = CompressedArray::from_source(&store, &array(&shape, &items), &chunk, zstd(), 1, &GO_ON).unwrap();
        store.spill(usize::MAX);
        let mut stored: Vec<_> = (0..).map_while(|number| built.export(number).unwrap()).collect();
        let damaged = damage.filter(|_| !stored.is_empty()).map(|(chunk, byte, bits)| {
            let bytes = &mut chunk.get_mut(&mut stored).bytes;
            *byte.get_mut(bytes) ^= bits;
        });
        let again = CompressedArray::import(&store, dtype(), &shape, &chunk, zstd(), &stored);
        if damaged.is_none() {
            prop_assert_eq!(all(&again.unwrap()), items);
        }
    }
}

/// Numbers in which no codec finds anything.
fn noise(count: usize, seed: u64) -> Vec<u16> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u16
        })
        .collect()
}

#[test]
fn ten_times_the_budget_is_built_and_read() {
    let (pool, store) = store(8 << 20);
    let mut growing = GrowingArray::new(&store, dtype(), &[], &[100_000], Packing::new(None, None)).unwrap();
    for piece in 0..40 {
        growing.append(&array(&[1_000_000], &noise(1_000_000, piece)), 2, &GO_ON).unwrap();
    }
    let built = growing.finish(2, &GO_ON).unwrap();
    assert_eq!(built.plain_bytes(), 80_000_000);
    assert!(built.held_bytes() <= 8 << 20);
    assert!(store.space().used() > 70_000_000);
    for piece in [0u64, 20, 39] {
        let selection = Selection::of_box(&[piece as usize * 1_000_000 + 5], &[100_000]);
        assert_eq!(select(&built, &selection).unwrap(), noise(1_000_000, piece)[5..100_005]);
    }
    assert!(pool.snapshot().peak_reserved <= 8 << 20);
    drop(built);
    assert_eq!((store.space().used(), store.cached_bytes(), pool.snapshot().reserved), (0, 0, 0));
}

#[test]
fn the_coldest_are_spilled_first() {
    let (_pool, store) = store(64 << 20);
    let built = CompressedArray::from_source(
        &store,
        &array(&[2_000_000], &noise(2_000_000, 1)),
        &[100_000],
        zstd(),
        1,
        &GO_ON,
    )
    .unwrap();
    // The first half was read last.
    select(&built, &Selection::of_box(&[0], &[1_000_000])).unwrap();
    store.spill(1_000_000);
    let held = built.held_bytes();
    assert!((1_800_000..2_100_000).contains(&held), "{held}");
    let used = store.space().used();
    select(&built, &Selection::of_box(&[0], &[1_000_000])).unwrap();
    assert_eq!(built.held_bytes(), held);
    assert_eq!(store.space().used(), used);
    assert_eq!(all(&built), noise(2_000_000, 1));
}

#[test]
fn where_nothing_can_be_spilled_both_reasons_are_told() {
    let pool = MemoryPool::new(8 << 20);
    let store = Store::new(&pool, Arc::new(SpillSpace::new(None, Some(1_000_000))));
    let first = CompressedArray::from_source(
        &store,
        &array(&[1_000_000], &noise(1_000_000, 1)),
        &[100_000],
        zstd(),
        1,
        &GO_ON,
    )
    .unwrap();
    let source = array(&[10_000_000], &noise(10_000_000, 2));
    let refused = CompressedArray::from_source(&store, &source, &[100_000], zstd(), 2, &GO_ON).unwrap_err();
    let ArrayError::NotSpilled { budget, spill } = &refused else { panic!("{refused}") };
    assert_eq!(budget.limit, 8 << 20);
    assert!(spill.contains("the disk limit of 1000000 B"), "{spill}");
    assert_eq!(all(&first), noise(1_000_000, 1));
    // What was refused has left nothing behind.
    assert!(pool.snapshot().reserved < 2_500_000);
}

/// A source that fails after a number of boxes.
struct Failing<'a>(&'a dyn Chunked, std::sync::atomic::AtomicUsize);

impl Chunked for Failing<'_> {
    fn name(&self) -> String {
        "failing".into()
    }
    fn dtype(&self) -> &DType {
        self.0.dtype()
    }
    fn shape(&self) -> &[usize] {
        self.0.shape()
    }
    fn chunk_shape(&self) -> &[usize] {
        self.0.chunk_shape()
    }
    fn read(
        &self,
        start: &[usize],
        shape: &[usize],
        scratch: &mut Scratch,
        items: &mut [u8],
    ) -> Result<(), ArrayError> {
        if self.1.fetch_sub(1, Ordering::Relaxed) == 0 {
            return Err(ArrayError::Damaged { name: self.name(), what: "on purpose".into() });
        }
        self.0.read(start, shape, scratch, items)
    }
}

#[test]
fn a_failed_assignment_leaves_each_chunk_old_or_new() {
    let (_pool, store) = store(64 << 20);
    let old = noise(1000, 1);
    let built =
        CompressedArray::from_source(&store, &array(&[1000], &old), &[100], zstd(), 1, &GO_ON).unwrap();
    let new = noise(950, 2);
    let source = array(&[950], &new);
    let selection = Selection::of_box(&[25], &[950]);
    let failing = Failing(&source, std::sync::atomic::AtomicUsize::new(4));
    let failed = built.assign(&selection, &failing, 1, &GO_ON).unwrap_err();
    assert!(matches!(failed, ArrayError::Damaged { .. }));
    let mut expected = old.clone();
    expected[25..400].copy_from_slice(&new[..375]);
    assert_eq!(all(&built), expected);

    let stop = AtomicBool::new(true);
    assert!(matches!(built.assign(&selection, &source, 1, &stop), Err(ArrayError::Cancelled)));
    assert_eq!(all(&built), expected);
}

#[test]
fn readers_writers_and_spilling_at_once() {
    let (_pool, store) = store(4 << 20);
    let built = CompressedArray::filled(&store, dtype(), &[64, 3000], &[3, 1000], zstd(), &[0, 0]).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4u16 {
            let (built, store) = (&built, &store);
            scope.spawn(move || {
                for turn in 0..30u16 {
                    for row in (0..64usize).filter(|row| row % 4 == usize::from(thread)) {
                        let items: Vec<u16> =
                            (0..3000).map(|n| turn * 64 + row as u16 + n % 2 * 5000).collect();
                        let selection = Selection::of_box(&[row, 0], &[1, 3000]);
                        built.assign(&selection, &array(&[1, 3000], &items), 1, &GO_ON).unwrap();
                        assert_eq!(select(built, &selection).unwrap(), items);
                    }
                    store.spill(10_000);
                }
            });
        }
    });
    let expected: Vec<u16> =
        (0..64u16).flat_map(|row| (0..3000).map(move |n| 29 * 64 + row + n % 2 * 5000)).collect();
    assert_eq!(all(&built), expected);
}

#[test]
fn extents_of_columns_are_known_without_reading() {
    let (_, store) = store(64 << 20);
    let filled = |shape: &[usize], chunk: &[usize], item: f64| {
        let dtype = DType::parse("<f8").unwrap();
        CompressedArray::filled(&store, dtype, shape, chunk, Packing::new(None, None), &item.to_ne_bytes())
            .unwrap()
    };
    let assign = |array: &CompressedArray, start: &[usize], count: &[usize], items: &[f64]| {
        let items: Vec<u8> = items.iter().flat_map(|item| item.to_ne_bytes()).collect();
        let geometry = Geometry::contiguous(DType::parse("<f8").unwrap(), count);
        let source = StridedArray::new("items", geometry, items).unwrap();
        array.assign(&Selection::of_box(start, count), &source, 1, &AtomicBool::new(false)).unwrap();
    };
    let row = filled(&[1000], &[64], 3.0);
    assert_eq!(row.extent(0), Some((3.0, 3.0)));
    assign(&row, &[998], &[2], &[f64::NAN, -7.5]);
    assert_eq!(row.extent(0), Some((-7.5, 3.0)));
    // The next assignment takes what was there away again.
    assign(&row, &[999], &[1], &[f64::INFINITY]);
    assert_eq!(row.extent(0), Some((3.0, 3.0)));
    assert_eq!(filled(&[10], &[4], f64::NAN).extent(0), None);
    let table = filled(&[100, 3], &[30, 2], 0.0);
    assign(&table, &[70, 1], &[1, 2], &[5.0, -6.0]);
    assert_eq!(
        [0, 1, 2].map(|column| table.extent(column)),
        [Some((0.0, 0.0)), Some((0.0, 5.0)), Some((-6.0, 0.0))]
    );
    let stored: Vec<StoredChunk> = (0..table.chunks()).map(|at| table.export(at).unwrap().unwrap()).collect();
    let dtype = DType::parse("<f8").unwrap();
    let packing = Packing::new(None, None);
    let again = CompressedArray::import(&store, dtype, &[100, 3], &[30, 2], packing, &stored).unwrap();
    assert_eq!(again.extent(1), Some((0.0, 5.0)));
    assert_eq!(filled(&[4, 4, 4], &[2, 2, 2], 1.0).extent(0), None);
}
