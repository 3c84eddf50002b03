//! One thread's cells, and how visits of segments get there: with the value, the category and the key of the row that
//! the segment starts with.

use std::sync::Arc;

use drypoint_memory::MemoryConsumer;
use drypoint_stream::Column;

use super::runs::Runs;
use super::seam::{Draw, Vertex};
use super::stepping::Frame;
use super::track::Knots;
use crate::fold::{Accumulator, Directory, Interner, SharedCounts};
use crate::raw::{BLOCK_ROWS, Block, Isa, NOWHERE, changes_of};
use crate::{Reduction, Result};

/// What is known of the segments of a block, as far as the reduction needs it.
#[derive(Clone, Copy, Default)]
pub(super) struct SegmentData<'a> {
    pub(super) values: Option<&'a [f64]>,
    /// What the rows have in a second column.
    pub(super) lookups: Option<&'a [f64]>,
    pub(super) categories: Option<&'a [u32]>,
    /// What is added to `order` for the key of each.
    pub(super) numbers: Option<&'a [u32]>,
    pub(super) order: u64,
}

impl<'a> SegmentData<'a> {
    /// Of the segments among knots.
    pub(super) fn of(knots: &Knots<'a>) -> Self {
        fn some<T>(items: &[T]) -> Option<&[T]> {
            (!items.is_empty()).then_some(items)
        }
        Self {
            values: some(knots.values),
            lookups: some(knots.lookups),
            categories: some(knots.codes),
            numbers: some(knots.numbers),
            order: knots.order,
        }
    }
}

/// The cells of one thread, and visits on their way there.
pub(super) struct Sink {
    isa: Isa,
    cells: usize,
    pub(super) consumer: MemoryConsumer,
    pub(super) accumulator: Accumulator,
    pub(super) interner: Option<Interner>,
    /// Planes that are there from the start, where they are not those of categories; 0 or 1 if there is but one.
    layers: u32,
    block: Box<Block>,
    waiting: Box<Waiting>,
}

/// Visits that were found one by one.
struct Waiting {
    visits: usize,
    pixels: [u32; BLOCK_ROWS],
    /// The segment of each.
    segments: [u32; BLOCK_ROWS],
}

impl Sink {
    pub(super) const OWN_BYTES: usize = size_of::<Block>() + size_of::<Waiting>();

    pub(super) fn new(
        reduction: &Reduction,
        cells: usize,
        shared: &Arc<SharedCounts>,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let isa = Isa::detect();
        let mut accumulator = Accumulator::new(reduction, shared);
        let interner = match reduction.category_column() {
            Some(_) => Some(Interner::new()),
            None => {
                accumulator.add_plane(0, cells, consumer)?;
                None
            }
        };
        let waiting = Waiting { visits: 0, pixels: [0; BLOCK_ROWS], segments: [0; BLOCK_ROWS] };
        Ok(Self {
            isa,
            cells,
            consumer: consumer.clone(),
            accumulator,
            interner,
            layers: 1,
            block: Block::new(isa),
            waiting: Box::new(waiting),
        })
    }

    /// Cells in so many planes.
    pub(super) fn of_layers(
        reduction: &Reduction,
        layers: usize,
        cells: usize,
        shared: &Arc<SharedCounts>,
        consumer: &MemoryConsumer,
    ) -> Result<Self> {
        let mut sink = Self::new(reduction, cells, shared, consumer)?;
        for layer in 1..layers as u32 {
            sink.accumulator.add_plane(layer, cells, consumer)?;
            sink.layers = layer + 1;
        }
        Ok(sink)
    }

    /// Planes that were there from the start.
    pub(super) fn layers(&self) -> usize {
        self.layers as usize
    }

    /// Whether each visit names a plane.
    pub(super) fn has_planes(&self) -> bool {
        self.interner.is_some() || self.layers > 1
    }

    /// The codes of the categories of rows from `start` on.
    pub(super) fn encode(
        &mut self,
        directory: Option<&Directory>,
        column: &Column<'_>,
        start: usize,
        codes: &mut [u32],
    ) -> Result<()> {
        let Self { accumulator, interner, cells, consumer, .. } = self;
        if let (Some(interner), Some(directory)) = (interner, directory) {
            let mut met = |number| Ok(accumulator.add_plane(number, *cells, consumer)?);
            interner.encode(directory, column, start, codes, &mut met)?;
        }
        Ok(())
    }

    /// Visit a pixel for each segment of a block, [`NOWHERE`] for none.
    ///
    /// Where a line stays in a pixel for long, its visits are counted before they go to the cell: one addition after the
    /// other to one cell would wait for each other.
    pub(super) fn add(&mut self, pixels: &[u32], data: &SegmentData<'_>) {
        const LONG: usize = 8;
        if data.values.is_none()
            && data.categories.is_none()
            && let Accumulator::Count(counters) = &mut self.accumulator
            && changes_of(self.isa, pixels) as usize * LONG < pixels.len()
        {
            for same in pixels.chunk_by(|a, b| a == b).filter(|same| same[0] != NOWHERE) {
                counters.put(0, same[0] as usize, same.len() as u64);
            }
            return;
        }
        self.block.place(pixels.len(), self.cells, |target| target.copy_from_slice(pixels));
        close(&mut self.block, &mut self.accumulator, data, None);
    }

    /// Visit a pixel for a segment of a block, now or later.
    #[inline]
    pub(super) fn push(&mut self, pixel: u32, segment: u32, data: &SegmentData<'_>) {
        if self.waiting.visits == BLOCK_ROWS {
            self.flush(data);
        }
        let Waiting { visits, pixels, segments } = &mut *self.waiting;
        pixels[*visits] = pixel;
        segments[*visits] = segment;
        *visits += 1;
    }

    /// To be called before the next block: make the visits that wait.
    pub(super) fn flush(&mut self, data: &SegmentData<'_>) {
        let Waiting { visits, pixels, segments } = &mut *self.waiting;
        if *visits == 0 {
            return;
        }
        self.block.place(*visits, self.cells, |target| target.copy_from_slice(&pixels[..*visits]));
        close(&mut self.block, &mut self.accumulator, data, Some(&segments[..*visits]));
        *visits = 0;
    }

    /// Put what runs counted into the cells of a plane.
    pub(super) fn drain(&mut self, runs: &mut Runs, plane: usize) {
        match &mut self.accumulator {
            Accumulator::Count(counters) => {
                runs.drain(|cell, count| counters.put(plane, cell, u64::from(count)));
            }
            Accumulator::Any(cells) => runs.drain(|cell, _| cells.planes[plane][cell] = 1),
            _ => unreachable!("runs are made for counts only"),
        }
    }

    /// The code of a category by its number in the directory; its plane is made if it is new to this thread.
    pub(super) fn code_of(&mut self, directory: Option<&Directory>, number: u32) -> Result<u32> {
        let Self { accumulator, interner, cells, consumer, .. } = self;
        match (interner, directory) {
            (Some(interner), Some(directory)) if number != NOWHERE => {
                let mut met = |number| Ok(accumulator.add_plane(number, *cells, consumer)?);
                interner.code_of(directory, number, &mut met)
            }
            _ if self.layers > 1 => Ok(number),
            _ => Ok(NOWHERE),
        }
    }

    /// The number of a code, or [`NOWHERE`].
    pub(super) fn number(&self, code: u32) -> u32 {
        if self.layers > 1 {
            return code;
        }
        self.interner
            .as_ref()
            .and_then(|interner| interner.numbers.get(code as usize))
            .copied()
            .unwrap_or(NOWHERE)
    }

    /// The accumulator and the numbers of its planes.
    pub(super) fn into_parts(self) -> (Accumulator, Vec<u32>) {
        let layers = self.layers;
        (self.accumulator, self.interner.map_or_else(|| (0..layers).collect(), |interner| interner.numbers))
    }
}

/// Give the visits of a block what the reduction needs, and fold them.
fn close(block: &mut Block, accumulator: &mut Accumulator, data: &SegmentData<'_>, segments: Option<&[u32]>) {
    fn pick<T: Copy>(target: &mut [T], from: &[T], segments: Option<&[u32]>) {
        match segments {
            None => target.copy_from_slice(&from[..target.len()]),
            Some(segments) => {
                for (target, segment) in target.iter_mut().zip(segments) {
                    *target = from[*segment as usize];
                }
            }
        }
    }
    type Never = std::convert::Infallible;
    if let Some(values) = data.values {
        let Ok(()) = block.fill_values(|target| -> std::result::Result<(), Never> {
            pick(target, values, segments);
            Ok(())
        });
    }
    if let Some(lookups) = data.lookups {
        let Ok(()) = block.fill_lookups(|target| -> std::result::Result<(), Never> {
            pick(target, lookups, segments);
            Ok(())
        });
    }
    if let Some(categories) = data.categories {
        let Ok(()) = block.fill_codes(|target| -> std::result::Result<(), Never> {
            pick(target, categories, segments);
            Ok(())
        });
    }
    if let Some(numbers) = data.numbers {
        block.fill_row_numbers(|target| pick(target, numbers, segments));
    }
    accumulator.add(&block.close(data.order));
}

/// Draws what joins two batches into the cells of the thread that finds out.
pub(super) struct SeamDraw<'a> {
    pub(super) sink: &'a mut Sink,
    pub(super) frame: &'a Frame,
    pub(super) directory: Option<&'a Directory>,
}

impl SeamDraw<'_> {
    /// Call `draw` with what is known of a vertex as if it were the only segment of a block.
    fn with<T>(&mut self, vertex: &Vertex, draw: impl FnOnce(&mut Sink, &SegmentData<'_>) -> T) -> Result<T> {
        let sink = &mut *self.sink;
        let code = sink.code_of(self.directory, vertex.category)?;
        let (values, codes, numbers) = ([vertex.value.unwrap_or(f64::NAN)], [code], [0]);
        let lookups = [vertex.lookup.unwrap_or(f64::NAN)];
        let data = SegmentData {
            values: vertex.value.map(|_| &values[..]),
            lookups: vertex.lookup.map(|_| &lookups[..]),
            categories: sink.interner.is_some().then_some(&codes[..]),
            numbers: sink.accumulator.is_ordered().then_some(&numbers[..]),
            order: vertex.key,
        };
        let drawn = draw(sink, &data);
        sink.flush(&data);
        Ok(drawn)
    }
}

impl Draw for SeamDraw<'_> {
    fn visit(&mut self, pixel: u32, vertex: &Vertex) -> Result<()> {
        self.with(vertex, |sink, data| sink.push(pixel, 0, data))
    }

    fn segment(&mut self, from: &Vertex, to: &Vertex, start: bool) -> Result<Option<u32>> {
        let frame = *self.frame;
        let mut end = to.spot;
        end.code &= !crate::raw::FIRST;
        self.with(from, |sink, data| frame.visit(&from.spot, &end, start, |pixel| sink.push(pixel, 0, data)))
    }
}
