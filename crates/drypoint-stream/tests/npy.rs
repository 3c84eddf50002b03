//! Arrays in files: what is read equals what was written, element by element, and no bytes make it panic.

mod support;

use std::path::Path;

use drypoint_stream::npy::NpyFile;
use drypoint_stream::npz::NpzFile;
use drypoint_stream::{Result, Source, StreamError};
use proptest::prelude::*;
use support::arrays::{KINDS, element, npy, swap, zip};
use support::{Cell, read};

fn with_file<T>(name: &str, bytes: &[u8], then: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    then(&path)
}

/// How an array is laid out in its file.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Line,
    Table { fortran: bool },
    Records,
}

#[derive(Debug, Clone)]
struct Array {
    bytes: Vec<u8>,
    rows: Vec<Vec<Cell>>,
}

fn arrays(rows: impl Strategy<Value = usize>) -> impl Strategy<Value = Array> {
    let shape = prop_oneof![
        Just(Shape::Line),
        any::<bool>().prop_map(|fortran| Shape::Table { fortran }),
        Just(Shape::Records)
    ];
    let kinds = proptest::collection::vec(proptest::sample::select(&KINDS), 1..5);
    (shape, kinds, rows, any::<bool>(), 1u8..4, any::<u64>())
        .prop_map(|(shape, kinds, rows, big, version, seed)| array(shape, &kinds, rows, big, version, seed))
}

fn array(shape: Shape, kinds: &[&str], rows: usize, big: bool, version: u8, mut random: u64) -> Array {
    let order = if big { '>' } else { '<' };
    let kinds = match shape {
        Shape::Line => vec![kinds[0]],
        Shape::Table { .. } => vec![kinds[0]; kinds.len()],
        Shape::Records => kinds.to_vec(),
    };
    let mut cells = vec![Vec::new(); rows];
    let mut raw = vec![Vec::new(); rows];
    for row in 0..rows {
        for kind in &kinds {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let (bytes, cell) = element(kind, random ^ random >> 29);
            cells[row].push(cell);
            raw[row].push(if big { swap(kind, bytes) } else { bytes });
        }
    }
    let by_rows: Vec<u8> = raw.concat().concat();
    let width = kinds.len();
    let bytes = match shape {
        Shape::Line => {
            npy(version, &format!("'{order}{}'", kinds[0]), false, &format!("({rows},)"), &by_rows)
        }
        Shape::Table { fortran } => {
            let by_columns = || -> Vec<u8> {
                (0..width).flat_map(|c| raw.iter().flat_map(move |row| row[c].clone())).collect()
            };
            let values = if fortran { by_columns() } else { by_rows };
            npy(version, &format!("'{order}{}'", kinds[0]), fortran, &format!("({rows}, {width})"), &values)
        }
        Shape::Records => {
            let fields: String =
                kinds.iter().enumerate().map(|(at, kind)| format!("('c{at}', '{order}{kind}'), ")).collect();
            npy(version, &format!("[{fields}]"), false, &format!("({rows},)"), &by_rows)
        }
    };
    Array { bytes, rows: cells }
}

fn all_columns(source: &dyn Source) -> Vec<usize> {
    (0..source.schema().fields.len()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn npy_round_trips(array in arrays(0usize..60), batch_rows in 1usize..70, readers in 1usize..4) {
        with_file("a.npy", &array.bytes, |path| {
            let source = NpyFile::open(path).unwrap();
            prop_assert_eq!(source.rows(), Some(array.rows.len() as u64));
            prop_assert_eq!(read(&source, &all_columns(&source), batch_rows, readers).unwrap(), array.rows.clone());
            Ok(())
        })?;
        // Cut anywhere, it is refused before a row is read.
        let cut = array.bytes.len() * 7 / 8;
        if cut < array.bytes.len() {
            let error = with_file("a.npy", &array.bytes[..cut], |path| NpyFile::open(path).err());
            prop_assert!(matches!(error, Some(StreamError::Corrupt { .. })), "{error:?}");
        }
    }

    #[test]
    fn npz_round_trips(
        parts in proptest::collection::vec((arrays(Just(37)), any::<bool>()), 1..4),
        zip64 in any::<bool>(), batch_rows in 1usize..50, readers in 1usize..4,
    ) {
        let names: Vec<String> = (0..parts.len()).map(|part| format!("m{part}.npy")).collect();
        let members: Vec<(&str, &[u8], bool)> = names.iter().zip(&parts).map(|(name, (array, deflated))| (&name[..], &array.bytes[..], *deflated)).collect();
        let expected: Vec<Vec<Cell>> = (0..37).map(|row| parts.iter().flat_map(|(array, _)| array.rows[row].clone()).collect()).collect();
        with_file("a.npz", &zip(&members, zip64), |path| {
            let source = NpzFile::open(path).unwrap();
            prop_assert_eq!(read(&source, &all_columns(&source), batch_rows, readers).unwrap(), expected);
            Ok(())
        })?;
    }
}

fn names(source: &dyn Source) -> Vec<String> {
    source.schema().fields.iter().map(|field| format!("{}: {}", field.name, field.data_type)).collect()
}

#[test]
fn columns_have_the_names_one_expects() {
    let of = |descr: &str, shape: &str| {
        with_file("a.npy", &npy(1, descr, false, shape, &[0; 4096]), |path| {
            names(&NpyFile::open(path).unwrap())
        })
    };
    assert_eq!(of("'<f8'", "(4,)"), ["value: float64"]);
    assert_eq!(of("'<f8'", "()"), ["value: float64"]);
    assert_eq!(of("'<f8'", "(4, 1)"), ["0: float64"]);
    assert_eq!(of("'<f8'", "(4, 2)"), ["x: float64", "y: float64"]);
    assert_eq!(of("'<f4'", "(4, 3)"), ["x: float32", "y: float32", "z: float32"]);
    assert_eq!(of("'<i4'", "(4, 4)"), ["0: int32", "1: int32", "2: int32", "3: int32"]);
    assert_eq!(
        of("[('lon', '<f8'), ('lat', '<f8'), ('t', '<M8[ns]')]", "(4,)"),
        ["lon: float64", "lat: float64", "t: timestamp[ns]"]
    );
    assert_eq!(of("'|O'", "(4,)"), ["value: object"]);

    let x = npy(1, "'<f8'", false, "(4,)", &[0; 32]);
    let xy = npy(1, "'<f8'", false, "(4, 2)", &[0; 64]);
    let note = npy(1, "'<U3'", false, "()", &[0; 12]);
    let image = npy(1, "'|u1'", false, "(2, 2, 3)", &[0; 12]);
    let archive = zip(
        &[
            ("x.npy", &x, false),
            ("p.npy", &xy, true),
            ("note.npy", &note, false),
            ("image.npy", &image, true),
            ("readme", b"hi", false),
        ],
        false,
    );
    with_file("a.npz", &archive, |path| {
        let source = NpzFile::open(path).unwrap();
        let found = names(&source);
        assert_eq!(
            found,
            [
                "x: float64",
                "p.0: float64",
                "p.1: float64",
                "note: 1 values of text",
                "image: an array of 3 dimensions"
            ]
        );
        assert_eq!(read(&source, &[0, 1, 1], 3, 1).unwrap().len(), 4);
        assert!(matches!(read(&source, &[3], 3, 1), Err(StreamError::Unsupported { .. })));
    });
}

#[test]
fn what_cannot_be_read_says_why() {
    let error = |bytes: &[u8]| {
        let read_first = |path: &Path| -> Result<()> {
            NpyFile::open(path).and_then(|source| read(&source, &[0], 10, 1)).map(drop)
        };
        let error = with_file("a.npy", bytes, |path| read_first(path).unwrap_err());
        let text = error.to_string();
        text.split_once("a.npy").unwrap().1.to_string()
    };
    assert_eq!(error(b""), " is empty");
    assert_eq!(error(b"hello, world"), " is damaged: it does not begin as an NPY file");
    assert_eq!(
        error(&npy(1, "'|O'", false, "(4,)", &[0; 64])),
        ": reading the pickled objects of column \"value\" is not supported"
    );
    assert_eq!(
        error(&npy(1, "'<c16'", false, "(4,)", &[0; 64])),
        ": reading column \"value\", which is complex of 16 B, is not supported"
    );
    assert_eq!(
        error(&npy(1, "'<f8'", false, "(9,)", &[0; 64])),
        " is damaged: its header promises 200 B, there are 192 B"
    );
    assert_eq!(
        error(&npy(1, "'|S2'", false, "(2,)", b"ab\xff\xfe")),
        " is damaged: column \"value\" holds text that is not Unicode in rows 0 to 2"
    );
    assert_eq!(
        error(&npy(1, "'<M8[W]'", false, "(1,)", &i64::MAX.to_le_bytes())),
        " is damaged: column \"value\" holds a time beyond 64 bits in rows 0 to 1"
    );
    assert!(matches!(NpyFile::open("/nowhere/a.npy"), Err(StreamError::NotFound { .. })));
}

#[test]
fn a_wrong_checksum_is_found() {
    let values: Vec<u8> = (0..80_000u32).map(|at| (at * 7) as u8).collect();
    let array = npy(1, "'<f8'", false, "(10000,)", &values);
    let mut archive = zip(&[("x.npy", &array, true)], false);
    let crc_in_directory = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap() + 16;
    archive[crc_in_directory] ^= 1;
    let error =
        with_file("a.npz", &archive, |path| read(&NpzFile::open(path).unwrap(), &[0], 1000, 1).unwrap_err());
    assert!(error.to_string().contains("checksum"), "{error}");
}

/// Change bytes of good files at whim: any outcome but a panic or a hang is right.
#[test]
fn damaged_files_are_errors_or_other_numbers() {
    let mut random = 42u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize % below
    };
    let kinds = ["f8", "U3", "M8[h]", "b1"];
    let records = array(Shape::Records, &kinds, 50, false, 2, 1).bytes;
    let table = array(Shape::Table { fortran: true }, &kinds, 50, false, 1, 2).bytes;
    let archive = zip(&[("a.npy", &records, true), ("b.npy", &table, false)], true);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let mut opened = 0;
    for turn in 0..2000 {
        let mut bytes = [&records, &table, &archive][turn % 3].clone();
        for _ in 0..1 + next(4) {
            // Headers and directories are short: aim at both ends.
            let at = match next(3) {
                0 => next(bytes.len()),
                1 => next(bytes.len().min(200)),
                _ => bytes.len() - 1 - next(bytes.len().min(200)),
            };
            match next(4) {
                0 => bytes[at] = next(256) as u8,
                1 => bytes[at] ^= 1 << next(8),
                2 => bytes[at] = b"0123456789(),'{}"[next(16)],
                _ => bytes.truncate(at + 1),
            }
        }
        std::fs::write(&path, &bytes).unwrap();
        let outcome = if turn % 3 == 2 {
            NpzFile::open(&path).and_then(|source| read_what_can_be(&source))
        } else {
            NpyFile::open(&path).and_then(|source| read_what_can_be(&source))
        };
        opened += usize::from(outcome.is_ok());
    }
    assert!((100..1900).contains(&opened), "{opened} of 2000 were still readable");
}

fn read_what_can_be(source: &dyn Source) -> Result<()> {
    let (rows, columns) = (source.rows().unwrap(), source.schema().fields.len());
    // A header without columns may promise any number of rows; there is nothing to read then.
    if rows > 1_000_000 || columns == 0 || columns > 1000 {
        return Ok(());
    }
    (0..columns).try_for_each(|column| read(source, &[column], 16, 1).map(drop))
}

/// Run by `scanning_a_large_file_stays_small` in a process of its own.
#[test]
#[ignore = "the child of another test"]
fn child_that_scans() {
    use drypoint_memory::MemoryPool;
    use drypoint_stream::{Cancel, Request};
    let Some(path) = std::env::var_os("DRYPOINT_TEST_ARRAY") else { return };
    let source = NpyFile::open(path).unwrap();
    let pool = MemoryPool::new(32 << 20);
    let request = Request {
        columns: vec![0, 1],
        batch_rows: 16_384,
        readers: 2,
        consumer: pool.consumer("child"),
        cancel: Cancel::default(),
    };
    let scan = source.scan(&request).unwrap();
    let rows = std::thread::scope(|threads| {
        let count = || {
            let mut reader = scan.reader().unwrap();
            let mut rows = 0;
            while let Some(batch) = reader.next().unwrap() {
                rows += batch.rows;
            }
            rows
        };
        let handles = [threads.spawn(count), threads.spawn(count)];
        handles.into_iter().map(|handle| handle.join().unwrap()).sum::<usize>()
    });
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB");
    println!("rows={rows} peak={peak}");
}

/// A mapped file of 400 MB is walked through in a process that never holds more than a few of them.
#[test]
#[cfg(target_os = "linux")]
fn scanning_a_large_file_stays_small() {
    const ROWS: usize = 25_000_000;
    for (fortran, limit_kb) in [(false, 24_000), (true, 24_000)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.npy");
        let header = npy(1, "'<f8'", fortran, &format!("({ROWS}, 2)"), &[]);
        std::fs::write(&path, &header).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len((header.len() + ROWS * 16) as u64).unwrap();
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_scans", "--ignored", "--nocapture"])
            .env("DRYPOINT_TEST_ARRAY", &path)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let number = |key: &str| {
            text.split(key)
                .nth(1)
                .and_then(|rest| rest.split_whitespace().next())
                .and_then(|n| n.parse().ok())
        };
        assert_eq!(number("rows="), Some(ROWS), "{text}");
        let peak: usize = number("peak=").unwrap();
        assert!(peak < limit_kb, "{peak} kB resident for a file of 400 MB, fortran_order {fortran}");
    }
}
