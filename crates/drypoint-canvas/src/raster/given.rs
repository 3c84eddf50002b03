//! A picture of tiles that the caller reads: strips of an iterator, boxes of another library's arrays.

use std::ops::Range;
use std::sync::Mutex;

use super::fold::Window;
use super::plan::Cut;
use super::source::{Image, TileScratch};
use super::work::{Hands, Picture, Task, Turn, Work};
use super::{Begun, Edges, Method, Sums, aggregate, dispatch, one_band};
use crate::options::Options;
use crate::{Aggregate, Canvas, CanvasError, Result};

/// A picture whose tiles are given one after the other.
pub struct GivenRaster {
    canvas: Canvas,
    image: Image,
    begun: Begun,
    options: Options,
    sums: Sums,
    cut: Cut,
    hands: Hands,
    scratch: TileScratch,
    missed: u64,
    /// Tasks done, where tiles are boxes; rows given, where they are strips.
    done: usize,
    /// Whether the caller has strips, from the first row on, and cannot go to another place.
    strips: bool,
}

impl GivenRaster {
    /// Begin a picture of an array that the caller reads box by box, or (`strips`) from its first row to its last.
    pub fn new(
        canvas: &Canvas,
        image: Image,
        edges: &Edges,
        method: Method,
        strips: bool,
        options: &Options,
    ) -> Result<Self> {
        let begun = Begun::new(canvas, &image, edges, method)?;
        one_band(&image)?;
        if strips && method == Method::Mode {
            let what =
                "comes in strips, of which the mode of a pixel would need several at once; give an array"
                    .into();
            return Err(CanvasError::NoImage { name: image.name, what });
        }
        let cut = if strips { Cut::given(&image, &begun.fold) } else { Cut::new(&image, &begun.fold) };
        cut.threads(&image, &begun.fold, &Options { threads: Some(1), ..options.clone() })?;
        let sums = Sums::new(&image, &begun.fold, &cut, options)?;
        let hands = Hands::new(&cut.shape, &begun.fold, &options.consumer)?;
        Ok(Self {
            canvas: canvas.clone(),
            image,
            begun,
            options: options.clone(),
            sums,
            cut,
            hands,
            scratch: TileScratch::default(),
            missed: 0,
            done: 0,
            strips,
        })
    }

    /// The box to give next; none when all were given.
    pub fn next_box(&self) -> Option<(Range<usize>, Range<usize>)> {
        if self.strips {
            let rows = self.done..self.image.rows;
            return (!rows.is_empty()).then_some((rows, 0..self.image.columns));
        }
        self.cut.tasks.get(self.done).map(|task| (task.rows.clone(), task.columns.clone()))
    }

    /// Give the next box, or the next strip, of any number of rows.
    pub fn give(&mut self, tile: &Image) -> Result<()> {
        let Some((rows, columns)) = self.next_box() else {
            let what = format!("gave more than its {} rows", self.image.rows);
            return Err(CanvasError::NoImage { name: self.image.name.clone(), what });
        };
        let wrong = tile.columns != columns.len() || (!self.strips && tile.rows != rows.len());
        if wrong {
            let what = format!(
                "gave {} x {} items where {} x {} were asked for",
                tile.rows,
                tile.columns,
                rows.len(),
                columns.len()
            );
            return Err(CanvasError::NoImage { name: self.image.name.clone(), what });
        }
        let fold = &self.begun.fold;
        let found = self.image.given_tile(
            tile,
            rows.start,
            columns.start,
            &self.options.consumer,
            &mut self.scratch,
        )?;
        let task = if self.strips {
            let given = rows.start..rows.start + tile.rows;
            self.done = given.end;
            let window = Window { rows: fold.rows.readers(&given), columns: fold.columns.readers(&columns) };
            Task { fresh: (given.start, columns.start), rows: given, columns, window }
        } else {
            self.done += 1;
            self.cut.tasks[self.done - 1].clone()
        };
        if let Some(progress) = &self.options.progress {
            progress.add(tile.rows * tile.columns);
        }
        if task.window.cells() == 0 {
            return Ok(());
        }
        let work = Work {
            fold,
            shape: &self.cut.shape,
            options: &self.options,
            merged: self.cut.merged,
            picture: Mutex::new(Picture { missed: self.missed, ..self.sums.picture() }),
            turn: Turn::new(),
        };
        dispatch!(self.image.kind, T => work.give::<T>(&found, &task, &mut self.hands))?;
        self.missed = work.missed();
        Ok(())
    }

    /// The picture, once all was given.
    pub fn finish(self) -> Result<Aggregate> {
        if let Some((rows, _)) = self.next_box() {
            let what = format!("ended before row {} of {}", rows.start, self.image.rows);
            return Err(CanvasError::NoImage { name: self.image.name, what });
        }
        let cells = self.sums.finished(&self.begun.fold, self.cut.merged);
        aggregate(&self.canvas, &self.image, &self.begun, cells, self.missed)
    }
}
