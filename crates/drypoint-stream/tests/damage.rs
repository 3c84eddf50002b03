//! Damaged IPC: an error or the values of other bytes, never a panic and never much memory.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{DictionaryHandling, FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{Field, Schema};
use drypoint_memory::MemoryPool;
use drypoint_stream::ipc::{IpcFile, IpcStream};
use drypoint_stream::{Cancel, Request, Result, Source, StreamError};

mod reading;

use reading::columns::column;
use reading::{Cell, expected};

/// What a damaged file of some kilobytes may take.
const LIMIT: usize = 16 << 20;

/// Reads everything with a small budget; batches are counted, so that a false row count ends too.
fn exhaust(source: &dyn Source) -> Result<usize> {
    let columns = 0..source.schema().fields.len();
    let columns =
        columns.filter(|&place| source.schema().fields[place].data_type.to_string() != "struct").collect();
    let consumer = MemoryPool::new(LIMIT).consumer("damage");
    let request = Request { columns, batch_rows: 64, readers: 1, consumer, cancel: Cancel::default() };
    source.needs(&request)?;
    let scan = source.scan(&request)?;
    let mut reader = scan.reader()?;
    let mut seen = 0;
    for _ in 0..100 {
        let Some(batch) = reader.next()? else { break };
        for column in &batch.columns {
            for row in 0..batch.rows {
                let valid = column.validity.is_none_or(|bits| bits.is_valid(row));
                // Whatever a reader yields can be looked at: offsets are ordered, codes have words, text is UTF-8.
                match column.values {
                    drypoint_stream::Values::Text(text) => {
                        seen += std::str::from_utf8(text.get(row)).expect("text is UTF-8").len();
                    }
                    drypoint_stream::Values::Dictionary { codes, words } if valid => {
                        seen += std::str::from_utf8(words.get(codes[row] as usize))
                            .expect("words are UTF-8")
                            .len();
                    }
                    drypoint_stream::Values::Binary(bytes) => seen += bytes.get(row).len(),
                    drypoint_stream::Values::Lists(lists) => seen += items(&lists, 0, row),
                    _ => seen += usize::from(valid),
                }
            }
        }
    }
    Ok(seen)
}

/// Looks at every item of a list.
fn items(lists: &drypoint_stream::Lists<'_>, level: usize, index: usize) -> usize {
    if lists.offsets.get(level).is_some_and(|offsets| !offsets.is_empty()) {
        return lists.range(level, index).map(|item| items(lists, level + 1, item)).sum();
    }
    let y = if lists.positions { lists.y[index * lists.step] } else { 0.0 };
    usize::from(lists.x[index * lists.step] < y)
}

fn table() -> (Arc<Schema>, Vec<RecordBatch>) {
    let seeds: Vec<Option<i64>> =
        (0..150).map(|row| (row % 7 != 3).then_some(row * row * 31 - 400)).collect();
    let columns: Vec<ArrayRef> = [3, 10, 11, 14, 20, 22, 23, 24, 25, 27, 31, 33, 34, 35, 36, 38, 39]
        .map(|kind| column(kind, &seeds))
        .into();
    let fields: Vec<Field> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| Field::new(format!("c{index}"), column.data_type().clone(), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let whole = RecordBatch::try_new(schema.clone(), columns).expect("the columns fit");
    (schema, vec![whole.slice(0, 90), whole.slice(90, 60)])
}

fn written(stream: bool, codec: Option<CompressionType>) -> Vec<u8> {
    let (schema, batches) = table();
    let options = IpcWriteOptions::default().try_with_compression(codec).expect("a codec");
    if stream {
        let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options).expect("a writer");
        batches.iter().for_each(|batch| writer.write(batch).expect("a batch"));
        writer.into_inner().expect("the end")
    } else {
        let mut writer = FileWriter::try_new_with_options(Vec::new(), &schema, options).expect("a writer");
        batches.iter().for_each(|batch| writer.write(batch).expect("a batch"));
        writer.into_inner().expect("the end")
    }
}

/// A xorshift: damage is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            match self.below(6) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] ^= 1 << self.below(8),
                2 => bytes[at] = [0, 0xff, 0x7f, 0x80][self.below(4)],
                3 => {
                    let end = bytes.len().min(at + 8);
                    bytes[at..end].fill([0, 0xff, 0x7f][self.below(3)]);
                }
                4 => {
                    let from = self.below(bytes.len());
                    let len = self.below(40).min(bytes.len() - from.max(at));
                    bytes.copy_within(from..from + len, at);
                }
                _ => drop(bytes.drain(at..bytes.len().min(at + 8))),
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
    }
}

#[test]
fn damage_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("damaged.arrow");
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut failed, mut read) = (0, 0);
    for (stream, codec) in [
        (false, None),
        (false, Some(CompressionType::LZ4_FRAME)),
        (false, Some(CompressionType::ZSTD)),
        (true, None),
        (true, Some(CompressionType::ZSTD)),
    ] {
        let whole = written(stream, codec);
        std::fs::write(&path, &whole).expect("a file");
        exhaust(&IpcFile::open(&path).expect("a whole file")).expect("a whole file");
        for _ in 0..500 {
            let mut bytes = whole.clone();
            dice.damage(&mut bytes);
            std::fs::write(&path, &bytes).expect("a file");
            let mut outcomes = vec![IpcFile::open(&path).and_then(|source| exhaust(&source))];
            if stream {
                let source = IpcStream::new("stream", Box::new(Cursor::new(bytes)));
                outcomes.push(source.and_then(|source| exhaust(&source)));
            }
            for outcome in outcomes {
                match outcome {
                    Ok(_) => read += 1,
                    Err(
                        StreamError::Corrupt { .. }
                        | StreamError::Unsupported { .. }
                        | StreamError::Budget(_),
                    ) => failed += 1,
                    Err(other) => panic!("damage is told as {other}"),
                }
            }
        }
    }
    assert!(failed > 1000 && read > 100, "{failed} failed, {read} read");
}

#[test]
fn every_cut_of_a_file_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cut.arrow");
    let whole = written(false, None);
    for len in (0..whole.len()).step_by(97).chain(whole.len() - 12..whole.len()) {
        std::fs::write(&path, &whole[..len]).expect("a file");
        let outcome = IpcFile::open(&path);
        assert!(matches!(outcome, Err(StreamError::Corrupt { .. })), "cut at {len}");
    }
}

#[test]
fn what_is_no_ipc_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other");
    assert!(matches!(IpcFile::open(&path), Err(StreamError::NotFound { .. })));
    for (bytes, expected) in [
        (&b"FEA1 and more"[..], "Feather version 1"),
        (b"", "no Arrow file"),
        (b"x,y\n1,2\n3,4\n", "is damaged"),
        (b"ARROW1\0\0", "ends after 8 bytes"),
    ] {
        std::fs::write(&path, bytes).expect("a file");
        let error = IpcFile::open(&path).expect_err("no IPC").to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn dictionaries_grow_and_are_replaced() {
    let kind = |words: &[&str], keys: &[Option<i32>]| -> ArrayRef {
        let words = arrow_array::StringArray::from(words.to_vec());
        let keys = arrow_array::Int32Array::from(keys.to_vec());
        Arc::new(arrow_array::DictionaryArray::new(keys, Arc::new(words)))
    };
    let grown = [
        kind(&["a", "b"], &[Some(1), None, Some(0)]),
        kind(&["a", "b", "c"], &[Some(2), Some(0)]),
        kind(&["a", "b", "c", "d", "e"], &[Some(4), Some(3), Some(2)]),
    ];
    let replaced = [kind(&["a", "b"], &[Some(1)]), kind(&["x"], &[Some(0), None]), kind(&["a"], &[Some(0)])];
    let schema = Arc::new(Schema::new(vec![Field::new("word", grown[0].data_type().clone(), true)]));
    let folder = tempfile::tempdir().expect("a folder");
    let check = |bytes: Vec<u8>, columns: &[ArrayRef], path: &Path| {
        let cells: Vec<Cell> = columns.iter().flat_map(expected).collect();
        std::fs::write(path, &bytes).expect("a file");
        let source = IpcFile::open(path).expect("a file");
        for readers in [1, 3] {
            let found = reading::read(&source, &reading::request(&[0], 2, readers)).expect("its rows");
            assert_eq!(found[0], cells);
        }
        bytes
    };
    for (columns, handling) in [(&grown, DictionaryHandling::Delta), (&replaced, DictionaryHandling::Resend)]
    {
        let options = IpcWriteOptions::default().with_dictionary_handling(handling);
        let batch =
            |column: &ArrayRef| RecordBatch::try_new(schema.clone(), vec![column.clone()]).expect("a batch");
        let mut stream =
            StreamWriter::try_new_with_options(Vec::new(), &schema, options.clone()).expect("a writer");
        columns.iter().for_each(|column| stream.write(&batch(column)).expect("a batch"));
        let bytes = check(stream.into_inner().expect("the end"), columns, &folder.path().join("stream"));
        let source = IpcStream::new("stream", Box::new(Cursor::new(bytes))).expect("a stream");
        let found = reading::read(&source, &reading::request(&[0], 2, 2)).expect("its rows");
        assert_eq!(found, [columns.iter().flat_map(expected).collect::<Vec<_>>()]);
        if handling == DictionaryHandling::Delta {
            let mut file = FileWriter::try_new_with_options(Vec::new(), &schema, options).expect("a writer");
            columns.iter().for_each(|column| file.write(&batch(column)).expect("a batch"));
            check(file.into_inner().expect("the end"), columns, &folder.path().join("file"));
        }
    }
}

#[test]
fn columns_that_cannot_be_drawn_are_passed_over() {
    use arrow_array::builder::{Int32Builder, ListBuilder, MapBuilder, StringBuilder};
    use arrow_array::{BinaryArray, Float64Array, Int64Array, StructArray};
    let mut lists = ListBuilder::new(StringBuilder::new());
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    for row in 0..5 {
        (0..row).for_each(|item| lists.values().append_value(format!("item {item}")));
        lists.append(row != 2);
        maps.keys().append_value("key");
        maps.values().append_value(row);
        maps.append(true).expect("a map");
    }
    let number: ArrayRef = Arc::new(Float64Array::from(vec![0.5, 1.5, 2.5, 3.5, 4.5]));
    let after: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3), None, Some(5)]));
    let inner: Vec<(Arc<Field>, ArrayRef)> =
        vec![(Arc::new(Field::new("inner", number.data_type().clone(), true)), number.clone())];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("lists", Arc::new(lists.finish())),
        ("number", number.clone()),
        ("maps", Arc::new(maps.finish())),
        ("binary", Arc::new(BinaryArray::from_iter_values([b"a", b"b", b"c", b"d", b"e"]))),
        ("struct", Arc::new(StructArray::from(inner))),
        ("after", after.clone()),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    );
    let batch = batch.expect("a batch");
    let mut file = FileWriter::try_new(Vec::new(), &batch.schema()).expect("a writer");
    file.write(&batch).expect("a batch");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nested.arrow");
    std::fs::write(&path, file.into_inner().expect("the end")).expect("a file");
    let source = IpcFile::open(&path).expect("a file");
    let found = reading::read(&source, &reading::request(&[1, 5], 2, 1)).expect("its rows");
    assert_eq!(found, [expected(&number), expected(&after)]);
    let bytes = reading::read(&source, &reading::request(&[3], 2, 1)).expect("its bytes");
    assert_eq!(
        bytes,
        [[b"a", b"b", b"c", b"d", b"e"].map(|byte| reading::Cell::Bytes(byte.to_vec())).to_vec()]
    );
    for other in [0, 2, 4] {
        let error = source.scan(&reading::request(&[other], 2, 1)).err().expect("it cannot be drawn");
        assert!(matches!(error, StreamError::Unsupported { .. }), "{error}");
    }
}
