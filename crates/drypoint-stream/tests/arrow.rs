//! Arrow arrays, C streams and IPC of every type, against Arrow's own accessors.

mod reading;

use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchIterator};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{Field, Schema, SchemaRef};
use drypoint_stream::arrow::{ArrowBatches, ArrowStream, ArrowTable, export, to_record_batch};
use drypoint_stream::ipc::{IpcFile, IpcStream};
use drypoint_stream::{Source, Spool, StreamError};
use proptest::prelude::*;
use reading::columns::{KINDS, column, only_in_memory};
use reading::{Cell, expected, read, request};

/// A table: one kind a column, the rows as seeds, where to cut it into record batches.
#[derive(Debug, Clone)]
struct Table {
    kinds: Vec<usize>,
    seeds: Vec<Option<i64>>,
    head: usize,
    cuts: Vec<usize>,
}

fn tables(rows: usize) -> impl Strategy<Value = Table> {
    let seed = prop_oneof![1 => Just(None), 6 => any::<i64>().prop_map(Some), 2 => (0i64..20).prop_map(Some)];
    let seeds = prop_oneof![
        prop::collection::vec(seed, 0..rows),
        prop::collection::vec(any::<i64>().prop_map(Some), 0..rows)
    ];
    let kinds = prop::collection::vec(0..KINDS, 1..5);
    (kinds, seeds, 0usize..9, prop::collection::vec(0..rows, 0..4))
        .prop_map(|(kinds, seeds, head, cuts)| Table { kinds, seeds, head, cuts })
}

impl Table {
    fn into_batches(self, for_ipc: bool) -> (SchemaRef, Vec<RecordBatch>, Vec<Vec<Cell>>) {
        let kinds: Vec<usize> =
            self.kinds.iter().map(|kind| if for_ipc && only_in_memory(*kind) { 22 } else { *kind }).collect();
        // The first rows are cut off, so that arrays do not begin at 0.
        let head = self.head.min(self.seeds.len());
        let rows = self.seeds.len() - head;
        let columns: Vec<ArrayRef> =
            kinds.iter().map(|kind| column(*kind, &self.seeds).slice(head, rows)).collect();
        let fields = columns.iter().enumerate();
        let fields =
            fields.map(|(index, column)| Field::new(format!("c{index}"), column.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let whole = RecordBatch::try_new(schema.clone(), columns.clone()).unwrap();
        let mut cuts: Vec<usize> = self.cuts.iter().map(|cut| *cut.min(&rows)).chain([0, rows]).collect();
        cuts.sort_unstable();
        let batches = cuts.windows(2).map(|cut| whole.slice(cut[0], cut[1] - cut[0])).collect();
        (schema, batches, columns.iter().map(expected).collect())
    }
}

fn same(
    source: &dyn Source,
    cells: &[Vec<Cell>],
    batch_rows: usize,
    readers: usize,
) -> Result<(), TestCaseError> {
    let all: Vec<usize> = (0..cells.len()).rev().collect();
    let found = read(source, &request(&all, batch_rows, readers)).unwrap();
    for (&place, found) in all.iter().zip(found) {
        prop_assert_eq!(
            &found,
            &cells[place],
            "column {} of type {:?}",
            place,
            source.schema().fields[place]
        );
    }
    Ok(())
}

fn exported(schema: &SchemaRef, batches: &[RecordBatch]) -> ArrowStream {
    let batches: Vec<_> = batches.iter().cloned().map(Ok).collect();
    let reader = RecordBatchIterator::new(batches, schema.clone());
    let mut stream = FFI_ArrowArrayStream::new(Box::new(reader));
    // SAFETY: the stream was just made and is owned here.
    unsafe { ArrowStream::from_raw("stream", &raw mut stream) }.unwrap()
}

fn options(codec: usize) -> IpcWriteOptions {
    let codec = [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)][codec];
    IpcWriteOptions::default().try_with_compression(codec).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batches_and_streams_hold_what_their_arrays_do(
        table in tables(60), batch_rows in 1usize..40, readers in 1usize..=3
    ) {
        let (schema, batches, cells) = table.into_batches(false);
        let source = ArrowBatches::new("batches", &schema, batches.clone()).unwrap();
        prop_assert_eq!(source.rows(), Some(cells[0].len() as u64));
        same(&source, &cells, batch_rows, readers)?;
        same(&source, &cells, batch_rows, readers)?;
        let consumer = drypoint_memory::MemoryPool::new(64 << 20).consumer("spool");
        let mut spool = Spool::new("spool", source.schema().clone(), u64::MAX, &consumer).unwrap();
        spool.fill(&source, batch_rows, &Default::default()).unwrap();
        same(&spool, &cells, (batch_rows / 2).max(1), readers)?;
        let stream = exported(&schema, &batches);
        same(&stream, &cells, batch_rows, readers)?;
        prop_assert!(stream.scan(&request(&[0], 1, 1)).is_err(), "a stream was read twice");
        let again = (schema.clone(), batches.clone());
        let open = Box::new(move || Ok(exported(&again.0, &again.1)));
        let table = ArrowTable::new("table", None, open).unwrap();
        same(&table, &cells, batch_rows, readers)?;
        same(&table, &cells, batch_rows, readers)?;
    }

    #[test]
    fn ipc_gives_back_what_was_written(
        table in tables(60), batch_rows in 1usize..40, readers in 1usize..=3, codec in 0usize..3
    ) {
        let (schema, batches, cells) = table.into_batches(true);
        let mut file = FileWriter::try_new_with_options(Vec::new(), &schema, options(codec)).unwrap();
        let mut stream = StreamWriter::try_new_with_options(Vec::new(), &schema, options(codec)).unwrap();
        for batch in &batches {
            file.write(batch).unwrap();
            stream.write(batch).unwrap();
        }
        let (file, stream) = (file.into_inner().unwrap(), stream.into_inner().unwrap());
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [("file.arrow", &file), ("stream.arrows", &stream)] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let source = IpcFile::open(&path).unwrap();
            prop_assert_eq!(source.rows(), Some(cells[0].len() as u64));
            same(&source, &cells, batch_rows, readers)?;
            same(&source, &cells, batch_rows, readers)?;
        }
        let source = IpcStream::new("stream", Box::new(std::io::Cursor::new(stream))).unwrap();
        same(&source, &cells, batch_rows, readers)?;
    }

    #[test]
    fn exported_batches_hold_the_same(table in tables(60), batch_rows in 1usize..40) {
        let (schema, batches, cells) = table.into_batches(false);
        let source = ArrowBatches::new("batches", &schema, batches).unwrap();
        let all: Vec<usize> = (0..cells.len()).collect();
        let fields = source.schema().fields.clone();
        let request = request(&all, batch_rows, 1);
        let scan = source.scan(&request).unwrap();
        let mut reader = scan.reader().unwrap();
        let mut row = 0;
        while let Some(batch) = reader.next().unwrap() {
            let copy = to_record_batch(&batch, &fields).unwrap();
            let (mut array, schema) = export(&copy).unwrap();
            // SAFETY: both were just made, belong together and are owned here.
            let back = unsafe { ArrowBatches::from_raw("back", &raw mut array, &raw const schema) }.unwrap();
            let found = read(&back, &self::request(&all, batch_rows, 1)).unwrap();
            for (found, cells) in found.iter().zip(&cells) {
                prop_assert_eq!(&found[..], &cells[row..row + batch.rows]);
            }
            row += batch.rows;
        }
        prop_assert_eq!(row, cells[0].len());
    }
}

#[test]
fn a_producers_error_is_told_in_its_words() {
    let schema = Arc::new(Schema::new(vec![Field::new("x", arrow_schema::DataType::Int64, true)]));
    let batch = RecordBatch::try_new(schema.clone(), vec![column(3, &[Some(1), None])]).unwrap();
    let failure = || Err(arrow_schema::ArrowError::ComputeError("the query was cut off".into()));
    let reader = RecordBatchIterator::new(vec![Ok(batch), failure()], schema);
    let mut stream = FFI_ArrowArrayStream::new(Box::new(reader));
    // SAFETY: the stream was just made and is owned here.
    let source = unsafe { ArrowStream::from_raw("stream", &raw mut stream) }.unwrap();
    // SAFETY: what stays behind is a released stream, which is still an initialised one.
    let again = unsafe { ArrowStream::from_raw("stream", &raw mut stream) };
    assert!(again.err().unwrap().to_string().contains("consumed already"));
    let request = request(&[0], 10, 1);
    let scan = source.scan(&request).unwrap();
    let mut reader = scan.reader().unwrap();
    assert_eq!(reader.next().unwrap().unwrap().rows, 2);
    let error = reader.next().unwrap_err();
    assert!(matches!(error, StreamError::Foreign(_)), "{error:?}");
    assert!(error.to_string().contains("the query was cut off"), "{error}");
    assert!(reader.next().unwrap().is_none());
}

#[test]
fn an_array_alone_is_a_table_of_one_column() {
    let array = column(25, &[Some(0), Some(1), None, Some(4)]).slice(1, 3);
    let field = Field::new("word", array.data_type().clone(), true);
    let schema = arrow_array::ffi::FFI_ArrowSchema::try_from(&field).unwrap();
    let (mut ffi, _) = arrow_array::ffi::to_ffi(&array.to_data()).unwrap();
    // SAFETY: both were just made, belong together and are owned here.
    let source = unsafe { ArrowBatches::from_raw("array", &raw mut ffi, &raw const schema) }.unwrap();
    assert_eq!(source.schema().fields[0].name, "word");
    assert_eq!(read(&source, &request(&[0], 2, 2)).unwrap(), [expected(&array)]);
}

#[test]
fn names_that_come_twice_are_told_apart() {
    let fields: Vec<Field> =
        ["x", "x", "x.1", "x"].map(|name| Field::new(name, arrow_schema::DataType::Null, true)).into();
    let source = ArrowBatches::new("table", &Schema::new(fields), Vec::new()).unwrap();
    let names: Vec<_> = source.schema().fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["x", "x.1", "x.1.1", "x.2"]);
}
