//! Where everything stands. Margins come from measured text, the data takes what is left, and its size in pixels is known
//! before the data is drawn: the aggregate is made in exactly that size and never resampled.

use crate::axis::{Needs, XAxis, YAxis, x_tick_room};
use crate::display::Rect;
use crate::key;
use crate::theme::{GAP, LABEL, LEADING, MARGIN, SMALL, TITLE};
use crate::{FigureError, FigureSpec, KeySpec, Line, Result, Weight};

/// The least width and height of the data, in units.
const LEAST: f32 = 24.0;

/// A figure laid out, waiting for its data.
#[derive(Debug, Clone)]
pub struct Layout {
    pub(crate) spec: FigureSpec,
    pub(crate) data: Rect,
    pub(crate) title: Option<Line>,
    pub(crate) caption: Option<Line>,
    pub(crate) x: XAxis,
    pub(crate) y: YAxis,
    /// Left edge and width of the key.
    pub(crate) key: (f32, f32),
}

impl Layout {
    /// Lay out a figure.
    ///
    /// # Errors
    /// [`FigureError::BadSize`], [`FigureError::BadScale`], [`FigureError::BadRange`], and [`FigureError::NoRoom`] where
    /// less than 24 × 24 units would be left for the data.
    pub fn plan(spec: &FigureSpec) -> Result<Self> {
        spec.check()?;
        let (width, height) = (spec.width as f32, spec.height as f32);
        let inner = width - 2.0 * MARGIN;
        let title = said(&spec.title).map(|text| Line::fitted(text, Weight::SemiBold, TITLE, inner));
        let caption = said(&spec.caption).map(|text| Line::fitted(text, Weight::Regular, SMALL, inner));

        // From top to bottom first: the height decides the ticks of y, their labels the left margin.
        let title_room = if title.is_some() { TITLE + GAP } else { 0.0 };
        let (x_needs, y_needs) = (Needs::of(&spec.x), Needs::of(&spec.y));
        let top = MARGIN + title_room + if y_needs.note { LEADING } else { 4.0 };
        let below_labels = said(&spec.x.label).is_some() || x_needs.note;
        let x_label_room = if below_labels { LABEL + GAP } else { 0.0 };
        let caption_room = if caption.is_some() { LEADING + GAP } else { 0.0 };
        let below_ticks = x_label_room + caption_room + MARGIN;
        let bottom = height - below_ticks - x_tick_room(x_needs.rows);
        let y = YAxis::plan(&spec.y, bottom - top, 0.28 * width);

        let y_label_room = if said(&spec.y.label).is_some() { LABEL + GAP } else { 0.0 };
        let left = MARGIN + y_label_room + y.room();
        let key_width = key::width(&spec.key, spec.width as f32);
        let mut spec = spec.clone();
        let mut right = width - MARGIN;
        // In a figure so small that the key would be wider than the data, the data matters more.
        if right - left < 2.0 * (key_width + 2.0 * GAP) {
            spec.key = KeySpec::None;
        }
        if spec.key != KeySpec::None {
            right -= key_width + 2.0 * GAP;
        }

        let data = Rect {
            x: left.ceil(),
            y: top.ceil(),
            width: right.floor() - left.ceil(),
            height: bottom.floor() - top.ceil(),
        };
        if data.width < LEAST || data.height < LEAST {
            return Err(FigureError::NoRoom {
                width: spec.width,
                height: spec.height,
                left: data.width as i64,
                high: data.height as i64,
                least: LEAST as u32,
            });
        }
        let x = XAxis::plan(&spec.x, data, (MARGIN / 2.0, width - MARGIN / 2.0), x_needs.rows);
        let key = (data.right() + 2.0 * GAP, key_width);
        Ok(Self { spec, data, title, caption, x, y, key })
    }

    /// The figure this is the layout of.
    pub fn spec(&self) -> &FigureSpec {
        &self.spec
    }

    /// Where the data will be, in units of the figure.
    pub fn data_rect(&self) -> Rect {
        self.data
    }

    /// The width and height in device pixels that the data must be aggregated to.
    pub fn data_pixels(&self) -> (usize, usize) {
        let (left, right) = (self.device(self.data.x), self.device(self.data.right()));
        let (top, bottom) = (self.device(self.data.y), self.device(self.data.bottom()));
        ((right - left) as usize, (bottom - top) as usize)
    }

    fn device(&self, units: f32) -> i64 {
        (f64::from(units) * self.spec.scale).round() as i64
    }
}

/// A text that is there and not empty.
pub(crate) fn said(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}
