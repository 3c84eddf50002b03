//! Where everything stands. Margins come from measured text, the data takes what is left, and its size in pixels is known
//! before the data is drawn: the aggregate is made in exactly that size and never resampled.
//!
//! In a grid all plot areas are of one size: a column's left margin is the widest that one of its axes needs, and so on for
//! the other sides, so that what is compared lies on common lines.

use crate::axis::{Needs, XAxis, YAxis, x_tick_room};
use crate::display::Rect;
use crate::key;
use crate::theme::{GAP, LABEL, LEADING, MARGIN, SMALL, TICK, TITLE};
use crate::{AxesSpec, FigureError, FigureSpec, KeySpec, Line, Result, Weight};

/// The least width and height of the data, in units.
const LEAST: f32 = 24.0;

/// Space between the cells of a grid.
const BETWEEN: f32 = 16.0;

/// Sums of margins may miss a whole unit by a rounding.
const SLACK: f32 = 0.01;

/// One plot area in its place.
#[derive(Debug, Clone)]
pub(crate) struct AxesLayout {
    pub(crate) data: Rect,
    pub(crate) title: Option<Line>,
    pub(crate) x: XAxis,
    pub(crate) y: YAxis,
    pub(crate) right: Option<YAxis>,
    /// Where the label of y begins, and where that of the right axis ends.
    pub(crate) label_x: (f32, f32),
    /// The room of its keys.
    pub(crate) key: Rect,
}

/// A figure laid out, waiting for its data.
#[derive(Debug, Clone)]
pub struct Layout {
    pub(crate) spec: FigureSpec,
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) axes: Vec<AxesLayout>,
    pub(crate) title: Option<Line>,
    pub(crate) caption: Option<Line>,
    /// The room of keys that explain all axes.
    pub(crate) key: Option<Rect>,
}

/// What axes need around their plot area.
struct Margins {
    x: Needs,
    top: f32,
    bottom: f32,
    right: f32,
    key: f32,
}

impl Margins {
    fn of(axes: &AxesSpec, figure: f32) -> Self {
        let (x, y) = (Needs::of(&axes.x), Needs::of(&axes.y));
        let noted = y.note || axes.right.as_ref().is_some_and(|right| Needs::of(right).note);
        let top = if said(&axes.title).is_some() { LABEL + GAP } else { 0.0 };
        let below_labels = said(&axes.x.label).is_some() || x.note;
        let bottom = if axes.unlabelled.0 {
            TICK
        } else {
            (if below_labels { LABEL + GAP } else { 0.0 }) + x_tick_room(x.rows)
        };
        let key = key::width(&axes.keys, figure);
        Self { x, top: top + if noted { LEADING } else { 4.0 }, bottom, right: 0.0, key }
    }
}

/// The widest of each row, or of each column.
fn widest(count: usize, each: impl Iterator<Item = (usize, f32)>) -> Vec<f32> {
    let mut found = vec![0.0_f32; count];
    each.for_each(|(place, room)| found[place] = found[place].max(room));
    found
}

impl Layout {
    /// Lay out a figure.
    ///
    /// # Errors
    /// [`FigureError::BadSize`], [`FigureError::BadScale`], [`FigureError::BadRange`], [`FigureError::BadGrid`],
    /// [`FigureError::SamePlace`], [`FigureError::BadAspect`], [`FigureError::MixedAspect`], and [`FigureError::NoRoom`]
    /// where less than 24 × 24 units would be left for the data of one axes.
    pub fn plan(spec: &FigureSpec) -> Result<Self> {
        spec.check()?;
        let units = |pixels: u32| (f64::from(pixels) / spec.zoom) as f32;
        let (width, height) = (units(spec.width), units(spec.height));
        let (rows, columns) = spec.grid();
        let inner = width - 2.0 * MARGIN;
        let title = said(&spec.title).map(|text| Line::fitted(text, Weight::SemiBold, TITLE, inner));
        let caption = said(&spec.caption).map(|text| Line::fitted(text, Weight::Regular, SMALL, inner));
        let mut spec = spec.clone();
        let mut margins: Vec<Margins> = spec.axes.iter().map(|axes| Margins::of(axes, width)).collect();

        // From top to bottom first: the height decides the ticks of y, their labels the left margin.
        let by_row = |room: fn(&Margins) -> f32| {
            widest(rows, spec.axes.iter().zip(&margins).map(|(axes, margins)| (axes.row, room(margins))))
        };
        let (tops, bottoms) = (by_row(|margins| margins.top), by_row(|margins| margins.bottom));
        let title_room = if title.is_some() { TITLE + GAP } else { 0.0 };
        let caption_room = if caption.is_some() { LEADING + GAP } else { 0.0 };
        let taken: f32 = tops.iter().chain(&bottoms).sum::<f32>() + BETWEEN * (rows - 1) as f32;
        let data_height = (height - 2.0 * MARGIN - title_room - caption_room - taken) / rows as f32;
        let most_label = 0.28 * width / columns as f32;
        let axis = |axis, hidden| {
            if hidden { YAxis::hidden(axis, data_height) } else { YAxis::plan(axis, data_height, most_label) }
        };
        let mut ys: Vec<(YAxis, Option<YAxis>)> = Vec::new();
        for (axes, margins) in spec.axes.iter().zip(&mut margins) {
            let right = axes.right.as_ref().map(|right| axis(right, false));
            margins.right = right
                .as_ref()
                .zip(axes.right.as_ref())
                .map_or(0.0, |(y, spec)| y.room() + label_room(&spec.label));
            ys.push((axis(&axes.y, axes.unlabelled.1), right));
        }

        let lefts = widest(
            columns,
            spec.axes.iter().zip(&ys).map(|(axes, (y, _))| {
                let label = if axes.unlabelled.1 { 0.0 } else { label_room(&axes.y.label) };
                (axes.column, label + y.room())
            }),
        );
        let twins = widest(
            columns,
            spec.axes.iter().zip(&margins).map(|(axes, margins)| (axes.column, margins.right)),
        );
        let key_room = |width: f32| if width > 0.0 { width + 2.0 * GAP } else { 0.0 };
        let shared = if spec.shared_key { key_room(margins[0].key) } else { 0.0 };
        let mut keys = if spec.shared_key {
            vec![0.0; columns]
        } else {
            widest(
                columns,
                spec.axes.iter().zip(&margins).map(|(axes, margins)| (axes.column, key_room(margins.key))),
            )
        };
        let across = inner - lefts.iter().chain(&twins).sum::<f32>() - BETWEEN * (columns - 1) as f32;
        let mut keys_room = shared + keys.iter().sum::<f32>();
        // In a figure so small that the keys would be wider than the data, the data matters more.
        if across < 2.0 * keys_room {
            spec.axes.iter_mut().for_each(|axes| axes.keys.fill(KeySpec::None));
            keys.fill(0.0);
            keys_room = 0.0;
        }
        let data_width = (across - keys_room) / columns as f32;
        let no_room = |data: Rect| FigureError::NoRoom {
            width: spec.width,
            height: spec.height,
            left: data.width as i64,
            high: data.height as i64,
            least: LEAST as u32,
        };

        let mut placed = Vec::with_capacity(spec.axes.len());
        for ((axes, margins), (mut y, mut right_axis)) in spec.axes.iter().zip(&margins).zip(ys) {
            let column = axes.column;
            let before: f32 = (0..column).map(|c| lefts[c] + data_width + twins[c] + keys[c] + BETWEEN).sum();
            let above: f32 = (0..axes.row).map(|r| tops[r] + data_height + bottoms[r] + BETWEEN).sum();
            let cell = MARGIN + before;
            let left = cell + lefts[column];
            let right = left + data_width;
            let top = MARGIN + title_room + above + tops[axes.row];
            let bottom = top + data_height;
            // In a grid all are of one size, to the pixel: what one pass drew for all of them fits each.
            let side = |count: usize, side: f32, start: f32, end: f32| {
                if count > 1 { side.floor() - 1.0 } else { (end + SLACK).floor() - start.ceil() }
            };
            let mut data = Rect {
                x: left.ceil(),
                y: top.ceil(),
                width: side(columns, data_width, left, right),
                height: side(rows, data_height, top, bottom),
            };
            let mut label_x = cell;
            if let Some(aspect) = axes.aspect {
                let fitted = kept(data, axes, aspect);
                if fitted.height < data.height {
                    y = if axes.unlabelled.1 {
                        YAxis::hidden(&axes.y, fitted.height)
                    } else {
                        YAxis::plan(&axes.y, fitted.height, most_label)
                    };
                    right_axis =
                        axes.right.as_ref().map(|right| YAxis::plan(right, fitted.height, most_label));
                }
                label_x += fitted.x - data.x;
                data = fitted;
            }
            if data.width < LEAST || data.height < LEAST || data.width.is_nan() || data.height.is_nan() {
                return Err(no_room(data));
            }
            let end = right + twins[column] + keys[column];
            let outer = |edge: bool| if edge { MARGIN / 2.0 } else { BETWEEN / 2.0 - 2.0 };
            let end = if columns == 1 { width - MARGIN } else { end };
            let bounds = (cell - outer(column == 0), end + outer(column + 1 == columns));
            let x = if axes.unlabelled.0 {
                XAxis::hidden(&axes.x, data)
            } else {
                XAxis::plan(&axes.x, data, bounds, margins.x.rows)
            };
            let beside = data.right() + twins[column];
            let key = Rect { x: beside + 2.0 * GAP, y: data.y, width: margins.key, height: data.height };
            let title =
                said(&axes.title).map(|text| Line::fitted(text, Weight::SemiBold, LABEL, bounds.1 - data.x));
            placed.push(AxesLayout { data, title, x, y, right: right_axis, label_x: (label_x, beside), key });
        }
        let key = (spec.shared_key && keys_room > 0.0).then(|| {
            let top = placed.iter().map(|axes| axes.data.y).fold(f32::INFINITY, f32::min);
            let bottom = placed.iter().map(|axes| axes.data.bottom()).fold(0.0, f32::max);
            let right = placed.iter().map(|axes| axes.data.right()).fold(0.0, f32::max);
            Rect { x: right + 2.0 * GAP, y: top, width: margins[0].key, height: bottom - top }
        });
        Ok(Self { spec, width, height, axes: placed, title, caption, key })
    }

    /// The figure this is the layout of.
    pub fn spec(&self) -> &FigureSpec {
        &self.spec
    }

    /// Where the data of the axes number `axes` will be, in units of the figure.
    pub fn data_rect(&self, axes: usize) -> Rect {
        self.axes[axes].data
    }

    /// The width and height in device pixels that the data of the axes number `axes` must be aggregated to.
    pub fn data_pixels(&self, axes: usize) -> (usize, usize) {
        let data = self.axes[axes].data;
        let device = |units: f32| (f64::from(units) * self.unit()).round() as usize;
        (device(data.width), device(data.height))
    }

    /// Device pixels for each unit of the layout.
    pub(crate) fn unit(&self) -> f64 {
        self.spec.scale * self.spec.zoom
    }
}

fn label_room(label: &Option<String>) -> f32 {
    if said(label).is_some() { LABEL + GAP } else { 0.0 }
}

/// The largest part of `room`, in its middle, in which units have this aspect.
fn kept(room: Rect, axes: &AxesSpec, aspect: f64) -> Rect {
    let ratio = aspect * axes.y.length() / axes.x.length();
    let (width, height) = (f64::from(room.width), f64::from(room.height));
    let (width, height) =
        if width * ratio <= height { (width, width * ratio) } else { (height / ratio, height) };
    let (width, height) = (width.round() as f32, height.round() as f32);
    Rect {
        x: room.x + ((room.width - width) / 2.0).floor(),
        y: room.y + ((room.height - height) / 2.0).floor(),
        width,
        height,
    }
}

/// A text that is there and not empty.
pub(crate) fn said(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}
