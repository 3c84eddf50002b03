//! The vertices of a mesh, which triangles name by number in any order: the one thing of a mesh that must be at hand.
//!
//! They are kept in blocks, because how many come is not always known, and a list that grows in one piece is held twice
//! while it moves.

use drypoint_memory::{Buffer, charged_bytes};
use drypoint_stream::{Extent, Request, Source};

use super::triangle::Corner;
use crate::columns::{check_batch, convert_missing};
use crate::mapping::GridMap;
use crate::options::Options;
use crate::{CanvasError, Result, Scale};

/// MeshVertices of a block.
const BLOCK: usize = 1 << 16;
const SHIFT: u32 = BLOCK.trailing_zeros();
const BATCH_ROWS: usize = 16 * 1024;

/// Positions of vertices in data units, and perhaps a value of each.
pub struct MeshVertices {
    x: String,
    y: String,
    value: Option<String>,
    /// x, y and, if there are any, the value, one vertex after the other.
    blocks: Vec<Buffer<f64>>,
    count: usize,
    options: Options,
}

impl MeshVertices {
    /// None yet; they will be read from these columns.
    pub fn new(x: &str, y: &str, value: Option<&str>, options: &Options) -> Self {
        Self {
            x: x.into(),
            y: y.into(),
            value: value.map(Into::into),
            blocks: Vec::new(),
            count: 0,
            options: options.clone(),
        }
    }

    /// Bytes that so many vertices take.
    pub fn bytes(count: usize, valued: bool) -> usize {
        let block = charged_bytes(BLOCK * width(valued) * size_of::<f64>()).unwrap_or(usize::MAX);
        block.saturating_mul(count.div_ceil(BLOCK))
    }

    /// Take the vertices of a source; they are numbered on. Refused before anything is read if they are known not to fit.
    pub fn extend(&mut self, source: &dyn Source) -> Result<()> {
        let schema = source.schema();
        let mut columns = Vec::new();
        for name in [Some(&self.x), Some(&self.y), self.value.as_ref()].into_iter().flatten() {
            let place = schema.index_of(name)?;
            let data_type = &schema.fields[place].data_type;
            if !data_type.is_numeric() {
                return Err(CanvasError::NotNumeric { column: name.clone(), data_type: data_type.clone() });
            }
            columns.push(place);
        }
        // A column may have several parts, but is asked for once.
        let mut asked = columns.clone();
        asked.sort_unstable();
        asked.dedup();
        let places: Vec<usize> =
            columns.iter().filter_map(|column| asked.iter().position(|known| known == column)).collect();
        let request = Request {
            columns: asked,
            batch_rows: BATCH_ROWS,
            readers: 1,
            consumer: self.options.consumer.clone(),
            cancel: self.options.cancel.clone(),
        };
        let needs = source.needs(&request)?;
        let more = source.rows().unwrap_or(0) as usize;
        let whole = Self::bytes(self.count.saturating_add(more), self.value.is_some());
        let held = Self::bytes(self.count, self.value.is_some());
        let reading = needs.reader_bytes.saturating_add(needs.shared_bytes);
        drop(self.options.consumer.try_reserve((whole - held).saturating_add(reading))?);

        let scan = source.scan(&request)?;
        let mut reader = scan.reader()?;
        let width = width(self.value.is_some());
        let mut converted = vec![0.0; 1024];
        while let Some(batch) = reader.next()? {
            self.options.cancel.check()?;
            check_batch(&batch, request.columns.len())?;
            let mut start = 0;
            while start < batch.rows {
                let first = self.count & (BLOCK - 1);
                if first == 0 {
                    self.blocks.push(self.options.consumer.buffer(BLOCK * width)?);
                }
                let Some(block) = self.blocks.last_mut() else { unreachable!("pushed above") };
                let rows = (batch.rows - start).min(BLOCK - first).min(converted.len());
                for (part, place) in places.iter().enumerate() {
                    convert_missing(&batch.columns[*place], start, &mut converted[..rows])?;
                    let targets = block[first * width..(first + rows) * width].iter_mut().skip(part);
                    targets.step_by(width).zip(&converted).for_each(|(target, value)| *target = *value);
                }
                self.count += rows;
                start += rows;
            }
        }
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The column of the values.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Least and greatest finite x and y, above 0 on a logarithmic axis.
    pub fn extents(&self, scales: [Scale; 2]) -> [Option<Extent>; 2] {
        let width = width(self.value.is_some());
        let mut found: [Option<Extent>; 2] = [None; 2];
        for vertex in self.all() {
            for ((extent, value), scale) in found.iter_mut().zip(&vertex[..width]).zip(scales) {
                if value.is_finite() && (scale == Scale::Linear || *value > 0.0) {
                    let (min, max) = extent.map_or((*value, *value), |extent| (extent.min, extent.max));
                    *extent = Some(Extent { min: min.min(*value), max: max.max(*value) });
                }
            }
        }
        found
    }

    fn all(&self) -> impl Iterator<Item = &[f64]> {
        let width = width(self.value.is_some());
        self.blocks.iter().flat_map(move |block| block.chunks_exact(width)).take(self.count)
    }

    /// Turn all positions into those on a grid, whose pixel centres lie at whole numbers.
    pub(super) fn project(mut self, grid: &GridMap) -> Projected {
        let width = width(self.value.is_some());
        for block in &mut self.blocks {
            for (place, axis) in [&grid.x, &grid.y].into_iter().enumerate() {
                let values = block.iter_mut().skip(place).step_by(width);
                // One loop each, or a logarithm would be taken and thrown away.
                if axis.log {
                    values.for_each(|value| {
                        *value = value.log10() * axis.scale + axis.translate - 0.5;
                    });
                } else {
                    values.for_each(|value| *value = *value * axis.scale + axis.translate - 0.5);
                }
            }
        }
        Projected { blocks: self.blocks, count: self.count, valued: self.value.is_some() }
    }
}

fn width(valued: bool) -> usize {
    2 + usize::from(valued)
}

/// MeshVertices on a grid.
pub(super) struct Projected {
    blocks: Vec<Buffer<f64>>,
    pub(super) count: usize,
    pub(super) valued: bool,
}

impl Projected {
    /// A vertex that exists; without a value of its own it has `value`.
    #[inline(always)]
    pub(super) fn corner(&self, number: usize, value: f64) -> Corner {
        let block = &self.blocks[number >> SHIFT];
        let at = number & (BLOCK - 1);
        if self.valued {
            let vertex = &block[3 * at..3 * at + 3];
            Corner { x: vertex[0], y: vertex[1], value: vertex[2] }
        } else {
            let vertex = &block[2 * at..2 * at + 2];
            Corner { x: vertex[0], y: vertex[1], value }
        }
    }
}
