//! Shapes of one row each as points and lines: what is drawn is what their vertices give when they are written out as rows.

mod table;

use drypoint_canvas::{
    Axis, AxisKind, Canvas, CanvasError, Cells, Coordinate, LineColumns, Options, Reduction, RowShapes,
    Scale, ShapeVertices, extents, lines, points,
};
use drypoint_memory::MemoryPool;
use drypoint_stream::{DataType, Source, StreamError};
use proptest::prelude::*;
use table::{Data, Table, Words};

const WORDS: [&str; 3] = ["oak", "", "élan"];

type Line = Vec<(f64, f64)>;

/// A row: its lines, the value and the category that they bring.
type Row = (Vec<Line>, Option<f64>, usize);

fn canvas() -> Canvas {
    let axis = |pixels| Axis { pixels, range: (0.0, 8.0), scale: Scale::Linear, kind: AxisKind::Number };
    Canvas { x: axis(11), y: axis(9) }
}

fn options(pool: &MemoryPool, threads: usize, batch_rows: usize) -> Options {
    let mut options = Options::new(pool.consumer("test"));
    (options.threads, options.batch_rows) = (Some(threads), Some(batch_rows));
    options
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let at = (-2i32..20).prop_map(|at| f64::from(at) * 0.5);
    let line = prop::collection::vec((at.clone(), at), 0..9);
    let row = (
        prop::collection::vec(line, 0..3),
        prop::option::weighted(0.9, (-9i32..9).prop_map(f64::from)),
        0..WORDS.len(),
    );
    prop::collection::vec(row, 0..30)
}

/// Each vertex a row, rows without a place between the lines.
fn written_out(rows: &[Row]) -> Table {
    let (mut x, mut y, mut values, mut valid, mut codes) = (vec![], vec![], vec![], vec![], vec![]);
    for (lines, value, category) in rows {
        for line in lines {
            for at in std::iter::once((f64::NAN, f64::NAN)).chain(line.iter().copied()) {
                x.push(at.0);
                y.push(at.1);
                values.push(value.unwrap_or(1e9));
                valid.push(value.is_some());
                codes.push(*category as u32);
            }
        }
    }
    Table::new().f64("x", x).f64("y", y).with("v", Data::F64(values), Some(&valid)).dictionary(
        "c",
        codes,
        Words::new(&WORDS),
    )
}

fn others(table: Table, rows: &[Row]) -> Table {
    let valid: Vec<bool> = rows.iter().map(|row| row.1.is_some()).collect();
    table.with("v", Data::F64(rows.iter().map(|row| row.1.unwrap_or(1e9)).collect()), Some(&valid)).with(
        "c",
        Data::Text(Words::new(&rows.iter().map(|row| WORDS[row.2]).collect::<Vec<_>>())),
        None,
    )
}

fn folds() -> Vec<Reduction> {
    let max = Reduction::Max("v".into());
    vec![
        Reduction::Count(None),
        Reduction::Sum("v".into()),
        Reduction::First("v".into()),
        Reduction::Last("v".into()),
        Reduction::By("c".into(), Box::new(max)),
    ]
}

fn cells(cells: Cells<'_>) -> Vec<String> {
    match cells {
        Cells::U32(cells) => cells.iter().map(u32::to_string).collect(),
        Cells::U64(cells) => cells.iter().map(u64::to_string).collect(),
        Cells::I64(cells) => cells.iter().map(i64::to_string).collect(),
        Cells::Bool(cells) => cells.iter().map(u8::to_string).collect(),
        Cells::F64(cells) => cells.iter().map(f64::to_string).collect(),
    }
}

/// Draw the vertices of `shapes` in `table` and those of `expected`, as lines and as points, by every fold.
fn compare(table: &Table, shapes: &RowShapes, expected: &Table, threads: usize, batch_rows: usize) {
    let pool = MemoryPool::new(64 << 20);
    let vertices = ShapeVertices::new(table, shapes).unwrap();
    let (options, alone) = (options(&pool, threads, batch_rows), options(&pool, 1, 1000));
    let of = |x: &str, y: &str| LineColumns::new(x, y);
    let (own, written) = (of(ShapeVertices::X, ShapeVertices::Y), of("x", "y"));
    for fold in folds() {
        let pairs = [
            (
                lines(&canvas(), &vertices, &own, &fold, &options).unwrap(),
                lines(&canvas(), expected, &written, &fold, &alone).unwrap(),
            ),
            (
                points(&canvas(), &vertices, ShapeVertices::X, ShapeVertices::Y, &fold, &options).unwrap(),
                points(&canvas(), expected, "x", "y", &fold, &alone).unwrap(),
            ),
        ];
        for (found, expected) in pairs {
            assert_eq!(found.categories, expected.categories);
            let planes = if fold.category_column().is_some() { expected.categories.len() } else { 1 };
            for plane in 0..planes {
                assert_eq!(cells(found.cells(plane)), cells(expected.cells(plane)), "{fold}");
            }
        }
    }
}

/// Lines as WKB; several of them as a collection.
fn wkb(lines: &[Line]) -> Vec<u8> {
    let line = |line: &Line| {
        let mut bytes = vec![1, 2, 0, 0, 0];
        bytes.extend((line.len() as u32).to_le_bytes());
        line.iter().for_each(|(x, y)| [x, y].iter().for_each(|at| bytes.extend(at.to_le_bytes())));
        bytes
    };
    if let [one] = lines {
        return line(one);
    }
    let mut bytes = vec![1, 5, 0, 0, 0];
    bytes.extend((lines.len() as u32).to_le_bytes());
    lines.iter().for_each(|one| bytes.extend(line(one)));
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shapes_are_their_vertices(rows in rows(), threads in 1usize..4, batch_rows in 1usize..40) {
        let shapes = RowShapes::Lines("s".into());
        let binary = Table::new().with("s", Data::Binary(rows.iter().map(|row| wkb(&row.0)).collect()), None);
        compare(&others(binary, &rows), &shapes, &written_out(&rows), threads, batch_rows);
        let lists = Table::new().with("s", Data::Rings(rows.iter().map(|row| row.0.clone()).collect()), None);
        compare(&others(lists, &rows), &shapes, &written_out(&rows), threads, batch_rows);
    }

    #[test]
    fn lists_are_their_vertices(rows in rows(), threads in 1usize..4, batch_rows in 1usize..40) {
        // One line a row; some rows have none.
        let rows: Vec<Row> = rows.into_iter().map(|(mut lines, value, category)| {
            lines.truncate(1);
            (lines, value, category)
        }).collect();
        let items = |pick: fn(&(f64, f64)) -> f64| {
            Data::Lists(rows.iter().map(|row| row.0.iter().flatten().map(pick).collect()).collect())
        };
        let valid: Vec<bool> = rows.iter().map(|row| !row.0.is_empty()).collect();
        let table = Table::new().with("x", items(|at| at.0), Some(&valid)).with("y", items(|at| at.1), None);
        let shapes = RowShapes::Lists { x: "x".into(), y: "y".into() };
        compare(&others(table, &rows), &shapes, &written_out(&rows), threads, batch_rows);
    }

    #[test]
    fn columns_are_the_vertices_of_their_rows(
        rows in prop::collection::vec((-2.0..10.0f64, prop::option::of(-2.0..10.0f64), -2i32..10), 0..30),
        threads in 1usize..4,
        batch_rows in 1usize..40,
    ) {
        let valid: Vec<bool> = rows.iter().map(|row| row.1.is_some()).collect();
        let table = Table::new()
            .f64("a", rows.iter().map(|row| row.0).collect())
            .with("b", Data::F64(rows.iter().map(|row| row.1.unwrap_or(3.0)).collect()), Some(&valid))
            .with("i", Data::I32(rows.iter().map(|row| row.2).collect()), None);
        let column = |name: &str| Coordinate::Column(name.into());
        let shapes = RowShapes::Across {
            x: vec![Coordinate::At(1.0), column("i"), Coordinate::At(7.0)],
            y: vec![column("a"), column("b"), column("a")],
        };
        let full: Vec<Row> = rows
            .iter()
            .map(|&(a, b, i)| {
                (vec![vec![(1.0, a), (f64::from(i), b.unwrap_or(f64::NAN)), (7.0, a)]], Some(1.0), 0)
            })
            .collect();
        compare(&others(table.clone(), &full), &shapes, &written_out(&full), threads, batch_rows);

        let pool = MemoryPool::new(64 << 20);
        let options = options(&pool, threads, batch_rows);
        let wanted = [(ShapeVertices::X, Scale::Linear), (ShapeVertices::Y, Scale::Linear)];
        let found = extents(&ShapeVertices::new(&table, &shapes).unwrap(), &wanted, &options).unwrap();
        let expected =
            extents(&written_out(&full), &[("x", Scale::Linear), ("y", Scale::Linear)], &options).unwrap();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn keys_of_vertices_grow_along_the_source_and_leave_the_number_of_the_file() {
    let long: Line = (0..5000).map(|at| (f64::from(at), 0.0)).collect();
    let rows = vec![wkb(std::slice::from_ref(&long)), wkb(&[long[..3].to_vec()]), wkb(&[long])];
    let table = Table::new().with("s", Data::Binary(rows), None);
    let vertices = ShapeVertices::new(&table, &RowShapes::Lines("s".into())).unwrap();
    let pool = MemoryPool::new(64 << 20);
    let request = drypoint_stream::Request {
        columns: vec![0],
        batch_rows: 7,
        readers: 1,
        consumer: pool.consumer("test"),
        cancel: Default::default(),
    };
    let scan = vertices.scan(&request).unwrap();
    let mut reader = scan.reader().unwrap();
    let (mut end, mut seen) = (0, 0);
    while let Some(batch) = reader.next().unwrap() {
        assert!(batch.order >= end && batch.rows <= 7 && batch.order < 1 << 48);
        end = batch.order + batch.rows as u64;
        seen += batch.rows;
    }
    assert_eq!((seen, vertices.rows_read()), (10_006, 3));
}

#[test]
fn what_does_not_fit_is_told() {
    let pool = MemoryPool::new(1 << 20);
    let table = Table::new()
        .f64("n", vec![1.0])
        .with("x", Data::Lists(vec![vec![1.0, 2.0]]), None)
        .with("y", Data::Lists(vec![vec![1.0]]), None)
        .with("w", Data::Text(Words::new(&["word"])), None);
    let refused = |shapes: RowShapes| ShapeVertices::new(&table, &shapes).map(|_| ()).unwrap_err();
    assert!(matches!(refused(RowShapes::Lines("n".into())), CanvasError::NotShapes { .. }));
    assert!(matches!(
        refused(RowShapes::Lists { x: "x".into(), y: "n".into() }),
        CanvasError::NotShapes { .. }
    ));
    let column = |name: &str| Coordinate::Column(name.into());
    let across = |x, y| RowShapes::Across { x, y };
    assert!(matches!(refused(across(vec![column("w")], vec![column("n")])), CanvasError::NotNumeric { .. }));
    assert!(matches!(
        refused(across(vec![column("n")], vec![])),
        CanvasError::Stream(StreamError::Mismatch { .. })
    ));
    let lists = RowShapes::Lists { x: "x".into(), y: "y".into() };
    assert_eq!(lists.types(table.schema()).unwrap(), [DataType::Float(64), DataType::Float(64)]);
    let vertices = ShapeVertices::new(&table, &lists).unwrap();
    let drawn = points(
        &canvas(),
        &vertices,
        ShapeVertices::X,
        ShapeVertices::Y,
        &Reduction::Count(None),
        &options(&pool, 1, 8),
    );
    let error = drawn.map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, "column \"x\", row 0: it has 2 values, 1 of y");
}
