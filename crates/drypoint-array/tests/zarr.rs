//! Zarr round trips and damage, against an array in memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use drypoint_array::zarr::{ZarrArray, ZarrCompression, ZarrGroupWriter, ZarrLayout, ZarrNode, ZarrWriter};
use drypoint_array::{ArrayError, Chunked, DType, Scratch, Selection};
use drypoint_memory::{MemoryConsumer, MemoryPool};
use proptest::prelude::*;

fn consumer() -> MemoryConsumer {
    MemoryPool::new(256 << 20).consumer("zarr")
}

fn layout(shape: &[usize], chunks: &[usize]) -> ZarrLayout {
    ZarrLayout {
        shape: shape.to_vec(),
        chunks: chunks.to_vec(),
        shards: None,
        compression: ZarrCompression::Zstd { level: 0 },
        fill: None,
        dimension_names: None,
        attributes: "{}".into(),
    }
}

fn open(path: &Path) -> Arc<ZarrArray> {
    match ZarrNode::open(path, &consumer()).unwrap() {
        ZarrNode::Array(array) => array,
        ZarrNode::Group(group) => panic!("{group:?}"),
    }
}

/// The box of an array, item by item.
fn naive(items: &[u8], whole: &[usize], start: &[usize], shape: &[usize], item_bytes: usize) -> Vec<u8> {
    let mut found = Vec::new();
    let count: usize = shape.iter().product();
    for mut number in 0..count {
        let mut at = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            at[axis] = start[axis] + number % shape[axis];
            number /= shape[axis];
        }
        let place = at.iter().zip(whole).fold(0, |place, (at, length)| place * length + at) * item_bytes;
        found.extend_from_slice(&items[place..place + item_bytes]);
    }
    found
}

#[derive(Debug, Clone)]
struct Case {
    shape: Vec<usize>,
    chunks: Vec<usize>,
    /// Chunks of a shard along each axis.
    shards: Option<Vec<usize>>,
    start: Vec<usize>,
    part: Vec<usize>,
    dtype: &'static str,
    compression: ZarrCompression,
    bytes: Vec<u8>,
}

fn cases() -> impl Strategy<Value = Case> {
    let compression = prop::sample::select(vec![
        ZarrCompression::None,
        ZarrCompression::Zstd { level: 1 },
        ZarrCompression::Gzip { level: 1 },
    ]);
    let dtype = prop::sample::select(vec!["|u1", "<i2", "<f4", "<c16", "|S3", "<U2", "<M8[ns]"]);
    (0usize..4, dtype, compression, any::<bool>()).prop_flat_map(|(axes, dtype, compression, sharded)| {
        let lengths = |range: std::ops::Range<usize>| prop::collection::vec(range, axes);
        let numbers = (lengths(0..7), lengths(1..5), lengths(1..4), lengths(0..8), lengths(0..8));
        (numbers, prop::collection::vec(0u8..4, 64)).prop_map(
            move |((shape, chunks, shards, a, b), bytes)| {
                let start: Vec<usize> = shape.iter().zip(&a).map(|(n, a)| a % (n + 1)).collect();
                let part = shape.iter().zip(&start).zip(&b).map(|((n, a), b)| b % (n - a + 1)).collect();
                let shards = sharded.then_some(shards);
                Case { shape, chunks, shards, start, part, dtype, compression, bytes }
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_written_is_read_box_by_box(case in cases()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zarr");
        let dtype = DType::parse(case.dtype).unwrap();
        let shards = case.shards.as_ref().map(|counts| {
            counts.iter().zip(&case.chunks).map(|(count, chunk)| count * chunk).collect()
        });
        let layout = ZarrLayout { shards, compression: case.compression, ..layout(&case.shape, &case.chunks) };
        let total = case.shape.iter().product::<usize>() * dtype.item_bytes();
        let items: Vec<u8> = case.bytes.iter().copied().cycle().take(total).collect();
        let writer = ZarrWriter::create(&path, &dtype, &layout, false, &consumer()).unwrap();
        writer.write(&vec![0; case.shape.len()], &case.shape, &items).unwrap();
        writer.commit().unwrap();

        let array = open(&path);
        prop_assert_eq!(array.shape(), &case.shape[..]);
        prop_assert_eq!(array.chunk_shape(), &case.chunks[..]);
        prop_assert_eq!(array.dtype(), &dtype);
        let expected = naive(&items, &case.shape, &case.start, &case.part, dtype.item_bytes());
        let mut found = vec![9; expected.len()];
        array.read(&case.start, &case.part, &mut Scratch::default(), &mut found).unwrap();
        prop_assert_eq!(&found, &expected);
        found.fill(9);
        let selection = Selection::of_box(&case.start, &case.part);
        array.select(&selection, 3, &AtomicBool::new(false), &mut found).unwrap();
        prop_assert_eq!(&found, &expected);
        let stop = AtomicBool::new(true);
        prop_assert_eq!(found.is_empty(), array.select(&selection, 1, &stop, &mut found).is_ok());
    }
}

fn walk() -> Vec<u8> {
    (0..40 * 30u32).flat_map(|item| (item * item % 977).to_ne_bytes()).collect()
}

fn written(folder: &Path, shards: Option<Vec<usize>>) -> PathBuf {
    let path = folder.join("a.zarr");
    let dtype = DType::parse("<u4").unwrap();
    let layout = ZarrLayout { shards, ..layout(&[40, 30], &[10, 10]) };
    let writer = ZarrWriter::create(&path, &dtype, &layout, true, &consumer()).unwrap();
    writer.write(&[0, 0], &[40, 30], &walk()).unwrap();
    writer.commit().unwrap();
    path
}

fn read_all(path: &Path) -> Result<Vec<u8>, ArrayError> {
    let array = open(path);
    let mut items = vec![0; array.shape().iter().product::<usize>() * array.dtype().item_bytes()];
    array.read(&vec![0; array.shape().len()], array.shape(), &mut Scratch::default(), &mut items)?;
    Ok(items)
}

#[test]
fn a_damaged_chunk_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (shards, file) in [(None, "c/1/2"), (Some(vec![20, 30]), "c/1/0")] {
        let path = written(folder.path(), shards.clone());
        assert_eq!(read_all(&path).unwrap(), walk());
        let chunk = path.join(file);
        let whole = fs::read(&chunk).unwrap();
        let mut damages = vec![Vec::new(), whole[..whole.len() / 2].to_vec(), [&whole[..], b"more"].concat()];
        if shards.is_some() {
            let mut index = whole.clone();
            let at = index.len() - 30;
            index[at] ^= 1;
            damages.push(index);
        }
        for damage in damages {
            fs::write(&chunk, &damage).unwrap();
            let error = read_all(&path).unwrap_err();
            assert!(matches!(error, ArrayError::Damaged { .. }), "{error}");
            assert!(error.to_string().contains(file), "{error}");
        }
        // Other chunks are read as before.
        let mut items = vec![0; 20 * 10 * 4];
        open(&path).read(&[0, 0], &[20, 10], &mut Scratch::default(), &mut items).unwrap();
        assert_eq!(items, naive(&walk(), &[40, 30], &[0, 0], &[20, 10], 4));
    }
}

#[test]
fn a_shard_that_is_written_anew_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let array = |path: &Path, items: &[u8]| {
        let layout = ZarrLayout { shards: Some(vec![40]), ..layout(&[40], &[4]) };
        let writer =
            ZarrWriter::create(path, &DType::parse("|u1").unwrap(), &layout, false, &consumer()).unwrap();
        writer.write(&[0], &[40], items).unwrap();
        writer.commit().unwrap();
    };
    let (first, second): (Vec<u8>, Vec<u8>) =
        ((1..41).collect(), (1..41).rev().map(|at: u8| at % 3 * at).collect());
    array(&one, &first);
    array(&two, &second);
    let read = |array: &ZarrArray| {
        let mut items = vec![0; 40];
        let mut scratch = Scratch::default();
        for at in 0..10 {
            array.read(&[4 * at], &[4], &mut scratch, &mut items[4 * at..4 * at + 4]).unwrap();
        }
        items
    };
    let array = open(&one);
    assert_eq!(read(&array), first);
    assert_eq!(read(&array), first);
    fs::rename(two.join("c/0"), one.join("c/0")).unwrap();
    assert_eq!(read(&array), second);
}

#[test]
fn an_array_that_went_away_is_no_fill() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), None);
    let array = open(&path);
    let mut items = vec![1; 4];
    fs::remove_file(path.join("c/0/0")).unwrap();
    array.read(&[0, 0], &[1, 1], &mut Scratch::default(), &mut items).unwrap();
    assert_eq!(items, [0; 4]);
    fs::remove_dir_all(&path).unwrap();
    let error = array.read(&[0, 0], &[1, 1], &mut Scratch::default(), &mut items).unwrap_err();
    assert!(matches!(error, ArrayError::Io { .. }), "{error}");
}

#[test]
fn a_box_outside_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let array = open(&written(folder.path(), None));
    let mut items = vec![0; 40];
    for (start, shape) in [
        (vec![40, 0], vec![1, 10]),
        (vec![0], vec![10]),
        (vec![usize::MAX, 0], vec![1, 10]),
        (vec![0, 0], vec![1, 9]),
    ] {
        let error = array.read(&start, &shape, &mut Scratch::default(), &mut items).unwrap_err();
        assert!(error.to_string().contains("Selection"), "{error}");
    }
    array.read(&[39, 20], &[1, 10], &mut Scratch::default(), &mut items).unwrap();
}

#[test]
fn reading_holds_a_chunk_and_no_more_than_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zarr");
    let dtype = DType::parse("|u1").unwrap();
    let (rows, side) = (2048usize, 512);
    let layout = layout(&[rows, rows], &[side, side]);
    let writer = ZarrWriter::create(&path, &dtype, &layout, false, &consumer()).unwrap();
    let items: Vec<u8> = (0..rows * rows).map(|at| (at * 7 / 3 % 251) as u8).collect();
    writer.write(&[0, 0], &[rows, rows], &items).unwrap();
    writer.commit().unwrap();
    let pool = MemoryPool::new(4 << 20);
    let ZarrNode::Array(array) = ZarrNode::open(&path, &pool.consumer("zarr")).unwrap() else { panic!() };
    let mut found = vec![0; rows * rows];
    array.read(&[0, 0], &[rows, rows], &mut Scratch::default(), &mut found).unwrap();
    assert_eq!(found, items);
    assert!(pool.snapshot().peak_live <= 2 * side * side + (64 << 10), "{}", pool.snapshot().peak_live);
    let small = MemoryPool::new(100_000);
    let ZarrNode::Array(array) = ZarrNode::open(&path, &small.consumer("zarr")).unwrap() else { panic!() };
    let error = array.read(&[0, 0], &[rows, rows], &mut Scratch::default(), &mut found).unwrap_err();
    assert!(matches!(error, ArrayError::Budget(_)), "{error}");
}

#[test]
fn groups_appear_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("g.zarr");
    let group = ZarrGroupWriter::create(&path, r#"{"k": [1, null]}"#, false, &consumer()).unwrap();
    let dtype = DType::parse("<u4").unwrap();
    for name in ["x", "deep/y"] {
        let member = group.array(name, &dtype, &layout(&[3], &[2])).unwrap();
        member.write(&[0], &[3], bytemuck::cast_slice(&[1u32, 2, 3])).unwrap();
        member.commit().unwrap();
    }
    for name in ["", "a//b", "..", "__x", "a\\b"] {
        assert!(group.array(name, &dtype, &layout(&[3], &[2])).is_err(), "{name}");
    }
    assert!(!path.exists());
    group.commit().unwrap();
    let ZarrNode::Group(group) = ZarrNode::open(&path, &consumer()).unwrap() else { panic!() };
    assert_eq!(group.members().unwrap(), ["deep", "x"]);
    assert!(group.document().contains("null"));
    let mut items = [0u32; 3];
    let array = open(&path.join("deep/y"));
    array.read(&[0], &[3], &mut Scratch::default(), bytemuck::cast_slice_mut(&mut items)).unwrap();
    assert_eq!(items, [1, 2, 3]);
}

#[test]
fn what_is_no_node_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let tell = |path: &Path| ZarrNode::open(path, &consumer()).unwrap_err();
    assert!(matches!(tell(&folder.path().join("none")), ArrayError::Io { .. }));
    assert!(matches!(tell(folder.path()), ArrayError::UnknownFormat { .. }));
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(tell(&file), ArrayError::UnknownFormat { .. }));
    fs::write(folder.path().join(".zarray"), "{}").unwrap();
    let error = tell(folder.path());
    assert!(matches!(&error, ArrayError::Unsupported { what, .. } if what.contains("version 2")), "{error}");
    for (text, word) in
        [("", "JSON"), ("[]", "object"), ("{}", "zarr_format"), (r#"{"zarr_format": 3}"#, "node_type")]
    {
        fs::write(folder.path().join("zarr.json"), text).unwrap();
        let error = tell(folder.path());
        assert!(matches!(&error, ArrayError::Damaged { what, .. } if what.contains(word)), "{error}");
    }
}

#[test]
fn each_field_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), None);
    let document = path.join("zarr.json");
    let good: serde_json::Value = serde_json::from_slice(&fs::read(&document).unwrap()).unwrap();
    let wrong = [
        ("shape", "[40]", "shape"),
        ("shape", "[-1, 30]", "shape"),
        ("shape", "[4294967296, 4294967296]", "shape"),
        ("chunk_grid", r#"{"name": "regular", "configuration": {"chunk_shape": [0, 10]}}"#, "chunks"),
        ("chunk_grid", r#"{"name": "rectilinear"}"#, "rectilinear"),
        ("data_type", r#""string""#, "string"),
        ("fill_value", r#""x""#, "fill"),
        ("codecs", "[]", "codec"),
        ("codecs", r#"["zstd", "bytes"]"#, "zstd"),
        ("codecs", r#"["bytes"]"#, "endian"),
        ("codecs", r#"[{"name": "bytes", "configuration": {"endian": "little"}}, "snappy"]"#, "snappy"),
        ("chunk_key_encoding", r#""suffix""#, "suffix"),
        ("dimension_names", r#"["a"]"#, "dimension_names"),
        ("storage_transformers", r#"["x"]"#, "transformer"),
        ("more", "1", "more"),
    ];
    for (field, value, word) in wrong {
        let mut changed = good.clone();
        changed[field] = serde_json::from_str(value).unwrap();
        fs::write(&document, changed.to_string()).unwrap();
        let error = ZarrNode::open(&path, &consumer()).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("zarr.json"), "{error}");
    }
    for field in ["shape", "chunk_grid", "data_type", "fill_value", "codecs", "chunk_key_encoding"] {
        let mut changed = good.clone();
        changed.as_object_mut().unwrap().remove(field);
        fs::write(&document, changed.to_string()).unwrap();
        let error = ZarrNode::open(&path, &consumer()).unwrap_err().to_string();
        assert!(error.contains(field), "{error}");
    }
    let mut changed = good;
    changed["more"] = serde_json::json!({"must_understand": false});
    changed["attributes"] = serde_json::json!({"any": ["thing"]});
    fs::write(&document, changed.to_string()).unwrap();
    assert_eq!(read_all(&path).unwrap(), walk());
}

#[test]
fn a_box_that_cuts_a_file_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zarr");
    let dtype = DType::parse("|u1").unwrap();
    let writer = ZarrWriter::create(&path, &dtype, &layout(&[10], &[4]), false, &consumer()).unwrap();
    for (start, shape) in [(1, 3), (0, 3), (8, 1), (8, 4)] {
        assert!(writer.write(&[start], &[shape], &vec![0; shape]).is_err());
    }
    assert!(writer.write(&[8], &[2], &[1]).is_err());
    writer.write(&[8], &[2], &[1, 2]).unwrap();
    writer.write(&[0], &[8], &[3; 8]).unwrap();
    writer.commit().unwrap();
    assert_eq!(read_all(&path).unwrap(), [3, 3, 3, 3, 3, 3, 3, 3, 1, 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    #[test]
    fn any_damage_is_an_error_at_most(
        sharded in any::<bool>(),
        in_document in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), sharded.then(|| vec![20, 30]));
        let file = path.join(if in_document { "zarr.json" } else { "c/0/0" });
        let mut bytes = fs::read(&file).unwrap();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(&file, &bytes).unwrap();
        let pool = MemoryPool::new(8 << 20);
        if let Ok(ZarrNode::Array(array)) = ZarrNode::open(&path, &pool.consumer("zarr")) {
            let count: Vec<usize> = array.shape().iter().map(|length| (*length).min(40)).collect();
            let selection = Selection::of_box(&vec![0; count.len()], &count);
            let mut items = vec![0; selection.items() * array.dtype().item_bytes()];
            if let Err(error) = array.select(&selection, 1, &AtomicBool::new(false), &mut items) {
                let text = error.to_string();
                prop_assert!(text.contains("a.zarr") || text.contains("zarr asked"), "{}", text);
            }
        }
        prop_assert!(pool.snapshot().live == 0);
    }
}
