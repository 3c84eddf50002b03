//! Damaged files give errors: no panic, no endless loop, no huge allocation.

use std::path::Path;

use drypoint_stream::{ParquetFile, Result, Source, StreamError};
use parquet::file::properties::WriterVersion;

use crate::table::{Numbers, Style, every_kind, read, request, write};

fn small_file(path: &Path, version: WriterVersion, dictionary: bool) -> Vec<u8> {
    let style = Style { version, dictionary, group_rows: 120, page_rows: 50, ..Style::default() };
    write(path, &every_kind(200, true, 30, 11), &style);
    std::fs::read(path).unwrap()
}

fn read_all(path: &Path) -> Result<usize> {
    read_columns(path, 0, 1)
}

/// Read every `step`th column, one after the other, so that damage in one does not hide another's.
fn read_columns(path: &Path, first: usize, step: usize) -> Result<usize> {
    let file = ParquetFile::open(path)?;
    let mut rows = 0;
    for column in (first..file.schema().fields.len()).step_by(step) {
        match read(&file, &request(vec![column], 64, 1)) {
            Ok(found) => rows = found.len(),
            Err(StreamError::Unsupported { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}

/// What damage may be called.
fn is_about_the_file(error: &StreamError) -> bool {
    matches!(error, StreamError::Corrupt { .. } | StreamError::Unsupported { .. } | StreamError::Budget(_))
}

#[test]
fn flipped_bytes_are_errors_or_other_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.parquet");
    let mut numbers = Numbers(1);
    for (version, dictionary) in [
        (WriterVersion::PARQUET_1_0, false),
        (WriterVersion::PARQUET_1_0, true),
        (WriterVersion::PARQUET_2_0, false),
        (WriterVersion::PARQUET_2_0, true),
    ] {
        let whole = small_file(&path, version, dictionary);
        let mut errors = 0;
        for round in 0..500 {
            let mut bytes = whole.clone();
            for _ in 0..1 + numbers.below(3) {
                let place = numbers.below(bytes.len() as u64) as usize;
                bytes[place] ^= 1 << numbers.below(8);
            }
            std::fs::write(&path, &bytes).unwrap();
            if let Err(error) = read_columns(&path, round % 3, 3) {
                assert!(is_about_the_file(&error), "{error}");
                errors += 1;
            }
        }
        assert!(errors > 50, "damage goes unnoticed: {errors} errors");
    }
}

#[test]
fn a_file_cut_anywhere_is_named_as_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.parquet");
    let whole = small_file(&path, WriterVersion::PARQUET_1_0, true);
    for length in (0..whole.len()).step_by(whole.len() / 200) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = read_all(&path).unwrap_err();
        assert!(matches!(error, StreamError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("cut.parquet"), "{error}");
    }
}

#[test]
fn bytes_cut_out_of_the_middle_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("short.parquet");
    let whole = small_file(&path, WriterVersion::PARQUET_2_0, true);
    let mut numbers = Numbers(3);
    let mut errors = 0;
    for _ in 0..100 {
        let first = numbers.below(whole.len() as u64 - 100) as usize;
        let mut bytes = whole.clone();
        bytes.drain(first..first + 1 + numbers.below(99) as usize);
        std::fs::write(&path, &bytes).unwrap();
        // The page index, which is not read, may be what was cut.
        if let Err(error) = read_all(&path) {
            assert!(is_about_the_file(&error), "{error}");
            errors += 1;
        }
    }
    assert!(errors > 70, "damage goes unnoticed: {errors} errors");
}

#[test]
fn a_lost_column_chunk_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zeroed.parquet");
    let mut bytes = small_file(&path, WriterVersion::PARQUET_1_0, false);
    bytes[4..2000].fill(0);
    std::fs::write(&path, &bytes).unwrap();
    let error = read_all(&path).unwrap_err().to_string();
    assert!(error.contains("row group 0, column \"flag\""), "{error}");
}

#[test]
fn a_page_that_claims_two_gigabytes_is_refused_unread() {
    use drypoint_memory::MemoryPool;
    use drypoint_stream::Request;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lying.parquet");
    let bytes = small_file(&path, WriterVersion::PARQUET_1_0, false);
    // The first header: type 0, then the uncompressed size as a varint, here made 2^31 - 1 at the cost of what follows.
    assert_eq!(&bytes[4..7], [0x15, 0x00, 0x15]);
    let mut lying = bytes.clone();
    lying[7..12].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff, 0x0f]);
    std::fs::write(&path, &lying).unwrap();
    let consumer = MemoryPool::new(1 << 20).consumer("test");
    let request = Request { consumer, ..request(vec![0], 64, 1) };
    let file = ParquetFile::open(&path).unwrap();
    let error = read(&file, &request).unwrap_err();
    assert!(matches!(error, StreamError::Corrupt { .. }), "{error}");
}

#[test]
fn a_footer_that_claims_more_rows_than_there_are_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    let column = |rows: i64| crate::table::TestColumn {
        declaration: "REQUIRED INT64 x".to_string(),
        expected: vec![crate::table::Cell::Null; rows as usize],
        data: crate::table::Data::I64((0..rows).map(Some).collect()),
    };
    write(&path, &[column(100)], &Style::default());
    let bytes = std::fs::read(&path).unwrap();
    // 100 as a zigzag varint stands in the footer as the group's values and rows and the file's rows.
    let footer =
        bytes.len() - 8 - u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().unwrap()) as usize;
    let mut changed = 0;
    for claimed in [[0xca, 0x01], [0xc6, 0x01]] {
        for place in (footer..bytes.len() - 8).filter(|place| bytes[*place..].starts_with(&[0xc8, 0x01])) {
            let mut lying = bytes.clone();
            lying[place..place + 2].copy_from_slice(&claimed);
            std::fs::write(&path, &lying).unwrap();
            let file = ParquetFile::open(&path).unwrap();
            if file.rows() != Some(100) {
                changed += 1;
                let error = read(&file, &request(vec![0], 64, 1)).unwrap_err();
                assert!(matches!(error, StreamError::Corrupt { .. }), "{error}");
                assert!(error.to_string().contains("promised"), "{error}");
            }
        }
    }
    assert_eq!(changed, 2, "one row more, one row less");
}

#[test]
fn a_file_changed_after_it_was_opened_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.parquet");
    let bytes = small_file(&path, WriterVersion::PARQUET_1_0, false);
    let file = ParquetFile::open(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(read(&file, &request(vec![0], 64, 1)), Err(StreamError::Mismatch { .. })));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(read(&file, &request(vec![0], 64, 1)), Err(StreamError::NotFound { .. })));
}
