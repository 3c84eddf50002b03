//! Sparse arrays against maps from places to values: any coordinates, any parts, any order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use drypoint_array::sparse::{
    CooArray, CsrArray, DenseEntries, Entries, Given, Keep, Pick, Reduced, Storage, Triplets, ValueType,
    Vector, Work, pick_entries, product, scatter, sums,
};
use drypoint_array::{ArrayError, DType};
use drypoint_memory::{MemoryConsumer, MemoryPool};
use proptest::prelude::*;

/// Bytes at an address that suits every type: the words, and how many bytes of them count.
struct Bytes(Vec<u64>, usize);

impl Storage for Bytes {
    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.0)[..self.1]
    }

    fn lent(&self) -> bool {
        true
    }
}

fn given<T: bytemuck::Pod>(name: &str, dtype: &str, items: &[T]) -> Given {
    let bytes: &[u8] = bytemuck::cast_slice(items);
    let mut words = vec![0u64; bytes.len().div_ceil(8)];
    bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
    Given {
        name: name.into(),
        storage: Arc::new(Bytes(words, bytes.len())),
        dtype: DType::parse(dtype).unwrap(),
        first_byte: 0,
        stride_bytes: size_of::<T>() as isize,
        len: items.len(),
    }
}

fn consumer() -> MemoryConsumer {
    MemoryPool::new(1 << 30).consumer("test")
}

type Entry = (usize, usize, i64);

fn parts(entries: &[Entry]) -> ([Given; 2], Given) {
    let rows: Vec<u64> = entries.iter().map(|entry| entry.0 as u64).collect();
    let columns: Vec<i64> = entries.iter().map(|entry| entry.1 as i64).collect();
    let values: Vec<i64> = entries.iter().map(|entry| entry.2).collect();
    ([given("row", "<u8", &rows), given("col", "<i8", &columns)], given("data", "<i8", &values))
}

fn coo(shape: [usize; 2], entries: &[Entry], work: &Work<'_>) -> Result<CooArray, ArrayError> {
    let (coords, data) = parts(entries);
    CooArray::new(&shape, &coords, &data, Keep::WhereFit, work)
}

/// What lies at each place, entries of the same place added.
fn naive(entries: &[Entry]) -> BTreeMap<(usize, usize), i64> {
    let mut cells = BTreeMap::new();
    for &(row, column, value) in entries {
        *cells.entry((row, column)).or_insert(0) += value;
    }
    cells
}

fn stored(array: &CooArray) -> Vec<((usize, usize), i64)> {
    let values: &[i64] = bytemuck::cast_slice(array.values().part().bytes());
    let [rows, columns] = array.coords() else { panic!("two dimensions") };
    (0..array.nnz()).map(|at| ((rows.at(at), columns.at(at)), values[at])).collect()
}

fn floats(sums: Reduced) -> Vec<f64> {
    let Reduced::Floats(sums) = sums else { panic!("floats") };
    sums.to_vec()
}

/// Lengths around the ends of the types of indices.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![1usize..9, 250usize..260, 65_530usize..65_540]
}

fn entries() -> impl Strategy<Value = ([usize; 2], Vec<Entry>)> {
    (prop_oneof![lengths(), Just(1 << 33)], lengths()).prop_flat_map(|(rows, columns)| {
        let entries = prop::collection::vec((0..rows, 0..columns, -3i64..4), 0..80);
        (Just([rows, columns]), entries)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn entries_come_in_order_and_summed((shape, entries) in entries()) {
        let (consumer, stop) = (consumer(), AtomicBool::new(false));
        let work = Work::new(&consumer, &stop);
        let array = coo(shape, &entries, &work).unwrap();
        let wanted: Vec<_> = naive(&entries).into_iter().collect();
        prop_assert_eq!(&stored(&array.canonical(true, &work).unwrap()), &wanted);
        // In order alone: those of one place stay as they came.
        let mut sorted: Vec<_> = entries.iter().map(|&(row, column, value)| ((row, column), value)).collect();
        sorted.sort_by_key(|entry| entry.0);
        prop_assert_eq!(stored(&array.canonical(false, &work).unwrap()), sorted);
        // By rows and back, where rows can be counted.
        if shape[0] < 1 << 20 {
            let matrix = CsrArray::from_coo(&array, true, &work).unwrap();
            prop_assert!(matrix.sorted() && matrix.unique() && matrix.intact());
            prop_assert_eq!(&stored(&matrix.to_coo(&work).unwrap()), &wanted);
            if shape[1] < 1 << 20 {
                let again = matrix.transposed(&work).unwrap().transposed(&work).unwrap();
                prop_assert_eq!(stored(&again.to_coo(&work).unwrap()), wanted);
            }
        }
    }

    #[test]
    fn streams_give_what_their_entries_give_at_once(
        (shape, entries) in entries(),
        size in 1usize..30,
        told: bool,
        sum_duplicates: bool,
    ) {
        let (consumer, stop) = (consumer(), AtomicBool::new(false));
        let work = Work::new(&consumer, &stop);
        let mut triplets = Triplets::new(told.then(|| shape.to_vec()), sum_duplicates);
        for some in entries.chunks(size) {
            let (coords, data) = parts(some);
            triplets.push(&coords, &data, &work).unwrap();
        }
        prop_assert_eq!(triplets.entries(), entries.len() as u64);
        let found = triplets.finish(ValueType::I64, &work);
        if entries.is_empty() && !told {
            prop_assert!(found.is_err());
        } else {
            let whole = coo(shape, &entries, &work).unwrap().canonical(sum_duplicates, &work).unwrap();
            prop_assert_eq!(stored(&found.unwrap()), stored(&whole));
        }
    }

    #[test]
    fn boxes_hold_what_lies_in_them(
        (shape, entries) in entries(),
        start in 0usize..300,
        step in prop_oneof![-3isize..0, 1isize..4],
        count in 0usize..9,
    ) {
        let (consumer, stop) = (consumer(), AtomicBool::new(false));
        let work = Work::new(&consumer, &stop);
        let array = coo(shape, &entries, &work).unwrap().canonical(true, &work).unwrap();
        let places: Vec<usize> = (0..count)
            .map_while(|at| start.checked_add_signed(step * at as isize))
            .take_while(|place| *place < shape[0])
            .collect();
        let wanted = Pick::Range { start, step, count: places.len() };
        let picked = pick_entries(&array, &[wanted, Pick::all(shape[1])], &work).unwrap();
        let mut cells = BTreeMap::new();
        for ((row, column), value) in naive(&entries) {
            if let Some(at) = places.iter().position(|place| *place == row) {
                cells.insert((at, column), value);
            }
        }
        prop_assert_eq!(stored(&picked), cells.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn any_parts_are_a_matrix_or_an_error(
        indptr in prop::collection::vec(-1i16..6, 0..6),
        indices in prop::collection::vec(-1i8..6, 0..6),
        rows in 0usize..5,
        columns in 0usize..6,
    ) {
        let (consumer, stop) = (consumer(), AtomicBool::new(false));
        let work = Work::new(&consumer, &stop);
        let data = given("data", "<f8", &vec![1.0f64; indices.len()]);
        let (begins, places) = (given("indptr", "<i2", &indptr), given("indices", "|i1", &indices));
        let right = indptr.len() == rows + 1
            && indptr[0] == 0
            && indptr[rows] as usize == indices.len()
            && indptr.is_sorted()
            && indices.iter().all(|column| (0..columns as i8).contains(column));
        for keep in [Keep::WhereFit, Keep::Always, Keep::Never] {
            let made = CsrArray::new([rows, columns], &begins, &places, &data, keep, &work);
            prop_assert_eq!(made.is_ok(), right, "{:?}", made.err());
            let Ok(made) = made else { continue };
            prop_assert!(made.intact());
            let ones = vec![1.0; columns];
            let by_rows = floats(made.product(&Vector::Floats(&ones), &work).unwrap());
            prop_assert_eq!(&by_rows, &floats(product(&made, &Vector::Floats(&ones), &work).unwrap()));
            prop_assert_eq!(&by_rows, &floats(sums(&made, &[1, 0], rows, false, &work).unwrap()));
            prop_assert_eq!(&by_rows, &floats(made.row_sums(false, &work).unwrap()));
        }
    }

    #[test]
    fn dense_items_come_back(
        items in prop::collection::vec(prop_oneof![Just(0u64), any::<u64>()], 0..60),
        columns in 1usize..7,
    ) {
        let (consumer, stop) = (consumer(), AtomicBool::new(false));
        let work = Work::new(&consumer, &stop);
        let rows = items.len() / columns;
        let items = &items[..rows * columns];
        let bytes: &[u8] = bytemuck::cast_slice(items);
        let nnz = DenseEntries::count(ValueType::F64, bytes, &work).unwrap();
        let mut entries = DenseEntries::new(&[rows, columns], ValueType::F64, nnz, &work).unwrap();
        let cut = rows / 2 * columns;
        let (head, tail) = bytes.split_at(cut * 8);
        entries.take(0, head, &work).unwrap();
        entries.take(cut, tail, &work).unwrap();
        let array = entries.finish().unwrap();
        prop_assert!(array.sorted() && array.unique() && array.nnz() == nnz);
        let mut back = vec![0u64; items.len()];
        scatter(&array, bytemuck::cast_slice_mut(&mut back), &work).unwrap();
        prop_assert_eq!(&back[..], items);
    }
}

#[test]
fn work_that_is_stopped_ends_and_gives_everything_back() {
    let (consumer, stop) = (consumer(), AtomicBool::new(true));
    let entries: Vec<Entry> = (0..100_000).map(|at| (at % 1000, (at * 7) % 1000, 1)).collect();
    let refused = coo([1000, 1000], &entries, &Work::new(&consumer, &stop));
    assert!(matches!(refused, Err(ArrayError::Cancelled)));
    assert_eq!(consumer.pool().snapshot().reserved, 0);
}

#[test]
fn what_the_budget_cannot_hold_is_refused_and_nothing_stays() {
    let pool = MemoryPool::new(1 << 20);
    let (consumer, stop) = (pool.consumer("small"), AtomicBool::new(false));
    let work = Work::new(&consumer, &stop);
    let entries: Vec<Entry> = (0..80_000).map(|at| ((at * 7919) % 1000, (at * 31) % 1000, 1)).collect();
    let array = coo([1000, 1000], &entries, &work).unwrap();
    let held = pool.snapshot().reserved;
    assert!(matches!(array.canonical(true, &work), Err(ArrayError::Budget(_))));
    assert_eq!(pool.snapshot().reserved, held);
}
