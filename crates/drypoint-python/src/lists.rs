//! Columns of Python's lists: numbers, or positions in up to three levels of lists. The first row that holds something
//! tells which.

use drypoint_stream::array::ArrayColumn;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::array::{Present, of_another_kind};
use crate::error::CoreError;

/// Deeper lists are none of a shape.
const DEEPEST: usize = 4;

/// How many lists stand one in the other before a number comes; None where there is nothing in them.
fn depth(value: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    if let Some(dimensions) = value.getattr_opt("ndim")? {
        let dimensions: usize = dimensions.extract()?;
        let objects = value.getattr("dtype")?.getattr("kind")?.eq("O")?;
        if !objects || dimensions == 0 {
            return Ok(Some(dimensions));
        }
    } else if value.extract::<f64>().is_ok() || value.is_none() {
        return Ok(Some(0));
    }
    for item in value.try_iter()? {
        if let Some(depth) = depth(&item?)? {
            return Ok(Some((depth + 1).min(DEEPEST + 1)));
        }
    }
    Ok(None)
}

/// What the rows of a column hold so far.
struct Lists {
    offsets: Vec<Vec<i64>>,
    x: Vec<f64>,
    y: Vec<f64>,
    positions: bool,
}

impl Lists {
    /// The items of a list at a level, then where it ends.
    fn push(&mut self, level: usize, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let inner = level + 1 == self.offsets.len();
        if let Some(value) = value {
            if inner {
                self.items(value)?;
            } else {
                for item in value.try_iter()? {
                    self.push(level + 1, Some(&item?))?;
                }
            }
        }
        let end = if inner { self.x.len() } else { self.offsets[level + 1].len() - 1 };
        self.offsets[level].push(end as i64);
        Ok(())
    }

    fn items(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Ok(buffer) = PyBuffer::<f64>::get(value) {
            let numbers = buffer.to_vec(value.py())?;
            match (self.positions, buffer.shape()) {
                (false, [_]) => self.x.extend(numbers),
                (true, [_, width]) if *width >= 2 => {
                    self.x.extend(numbers.iter().step_by(*width));
                    self.y.extend(numbers[1.min(numbers.len())..].iter().step_by(*width));
                }
                _ => return Err(other()),
            }
            return Ok(());
        }
        for item in value.try_iter()? {
            let item = item?;
            if self.positions {
                let mut numbers = item.try_iter()?;
                let mut next = || numbers.next().ok_or_else(other)??.extract::<f64>();
                let (x, y) = (next()?, next()?);
                self.x.push(x);
                self.y.push(y);
            } else {
                self.x.push(if item.is_none() { f64::NAN } else { item.extract()? });
            }
        }
        Ok(())
    }
}

/// Its text is not seen: the caller tells which row is of another kind.
fn other() -> PyErr {
    CoreError::Value("of another kind".into()).into()
}

/// One list a row.
pub(crate) fn list_column(name: &str, rows: &Present<'_>) -> PyResult<ArrayColumn> {
    let mut found = None;
    for value in rows.iter().flatten() {
        found = depth(value)?;
        if found.is_some() {
            break;
        }
    }
    let depth = found.unwrap_or(1);
    if !(1..=DEEPEST).contains(&depth) {
        let what = format!("column {name:?}: lists of {depth} levels; shapes have 2 to {DEEPEST}, numbers 1");
        return Err(CoreError::Value(what).into());
    }
    let positions = depth > 1;
    let levels = if positions { depth - 1 } else { 1 };
    let mut lists = Lists { offsets: vec![vec![0]; levels], x: Vec::new(), y: Vec::new(), positions };
    for (row, value) in rows.iter().enumerate() {
        lists.push(0, value.as_ref()).map_err(|_| match value {
            Some(value) => of_another_kind(name, rows, row, value),
            None => other(),
        })?;
    }
    let Lists { offsets, x, y, .. } = lists;
    // A missing row is an empty list: neither has anything to draw.
    Ok(ArrayColumn::lists(name, offsets, x, positions.then_some(y)).map_err(CoreError::from)?)
}
