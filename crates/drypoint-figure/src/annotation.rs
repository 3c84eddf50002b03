//! What is drawn on a plot area besides data: lines and bands at values, words and arrows at points. Places are values of
//! the axes, so that they stay with the data whatever the size of the figure.

use crate::axis::{snap, text};
use crate::display::{DisplayItem, Rect};
use crate::theme::{GAP, Inks, SMALL};
use crate::{AxesSpec, AxisSpec, Color, Line, Weight};

/// How opaque the plate behind words is.
const PLATE: u8 = 205;

/// A dash and the gap after it, for each unit of a line's width.
const DASH: (f32, f32) = (5.0, 3.0);

/// The head of an arrow: its length and half its width, for a line one unit wide.
const HEAD: (f32, f32) = (9.0, 3.6);

/// Which axis a value is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// The axis below.
    X,
    /// The axis on the left.
    Y,
    /// The axis on the right.
    Right,
}

/// Where words stand beside their point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// They begin right of the point.
    Left,
    /// Their middle is above it.
    Middle,
    /// They end left of it.
    Right,
    /// Their middle is on it, without a plate behind them.
    Centre,
}

/// One annotation. What lies outside the ranges of the axes is not seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Annotation {
    /// A line across the plot area.
    Line {
        /// The axis that has the value.
        along: Along,
        /// Where.
        at: f64,
        /// Its thickness in units.
        width: f32,
        /// Interrupted.
        dashed: bool,
        /// `None` for the ink of the axes.
        color: Option<Color>,
        /// What stands at its end.
        label: Option<String>,
    },
    /// A part of the plot area, under the data.
    Band {
        /// The axis that has the values.
        along: Along,
        /// From the lesser value.
        start: f64,
        /// To the greater one.
        end: f64,
        /// `None` for the ink of the axes, nearly transparent.
        color: Option<Color>,
        /// What stands at its end.
        label: Option<String>,
    },
    /// Words at a point.
    Text {
        /// The point.
        at: (f64, f64),
        /// What they say.
        words: String,
        /// The size of the em square in units; `None` for that of tick labels.
        size: Option<f32>,
        /// `None` for the ink of titles.
        color: Option<Color>,
        /// Where they stand.
        anchor: Anchor,
    },
    /// An arrow, with words at its start.
    Arrow {
        /// Where it starts.
        from: (f64, f64),
        /// Where it points to.
        to: (f64, f64),
        /// Its thickness in units.
        width: f32,
        /// `None` for the ink of titles.
        color: Option<Color>,
        /// What stands at its start.
        words: Option<String>,
    },
}

impl Annotation {
    /// Whether it lies under the data.
    pub(crate) fn is_below(&self) -> bool {
        matches!(self, Self::Band { .. })
    }

    pub(crate) fn draw(&self, axes: &AxesSpec, data: Rect, inks: &Inks, out: &mut Vec<DisplayItem>) {
        let area = Area { axes, data, inks };
        match self {
            Self::Line { along, at, width, dashed, color, label } => {
                let color = color.unwrap_or(inks.axis);
                area.line(*along, *at, *width, *dashed, color, out);
                if let Some(label) = label {
                    area.line_label(*along, *at, label, color, out);
                }
            }
            Self::Band { along, start, end, color, label } => {
                let color = color.unwrap_or(Color { a: 40, ..inks.axis });
                area.band(*along, (*start, *end), color, label.as_deref(), out);
            }
            Self::Text { at, words, size, color, anchor } => {
                if let Some(point) = area.inside(*at) {
                    let line = Line::new(words, Weight::Regular, size.unwrap_or(SMALL));
                    area.words(line, point, *anchor, color.unwrap_or(inks.strong), out);
                }
            }
            Self::Arrow { from, to, width, color, words } => {
                let (Some(from), Some(to)) = (area.inside(*from), area.inside(*to)) else { return };
                let color = color.unwrap_or(inks.strong);
                arrow(from, to, *width, color, out);
                if let Some(words) = words {
                    let line = Line::new(words, Weight::Regular, SMALL);
                    let anchor = if to.0 < from.0 - GAP {
                        Anchor::Left
                    } else if to.0 > from.0 + GAP {
                        Anchor::Right
                    } else {
                        Anchor::Middle
                    };
                    // Above the start of an arrow that points down, and below that of one that points up.
                    let down =
                        if anchor == Anchor::Middle && to.1 < from.1 { 2.0 * line.cap_height() } else { 0.0 };
                    area.words(line, (from.0, from.1 + down), anchor, color, out);
                }
            }
        }
    }
}

/// A plot area as annotations see it.
struct Area<'a> {
    axes: &'a AxesSpec,
    data: Rect,
    inks: &'a Inks,
}

impl Area<'_> {
    fn axis(&self, along: Along) -> &AxisSpec {
        match along {
            Along::X => &self.axes.x,
            Along::Y => &self.axes.y,
            Along::Right => self.axes.right.as_ref().unwrap_or(&self.axes.y),
        }
    }

    /// Where a value stands between the ends of its axis, if it does.
    fn position(&self, along: Along, value: f64) -> Option<f32> {
        let position = self.axis(along).position(value);
        (0.0..=1.0).contains(&position).then_some(position as f32)
    }

    fn inside(&self, (x, y): (f64, f64)) -> Option<(f32, f32)> {
        let (x, y) = (self.position(Along::X, x)?, self.position(Along::Y, y)?);
        Some((self.data.x + x * self.data.width, self.data.bottom() - y * self.data.height))
    }

    fn line(
        &self,
        along: Along,
        at: f64,
        width: f32,
        dashed: bool,
        color: Color,
        out: &mut Vec<DisplayItem>,
    ) {
        let Some(position) = self.position(along, at) else { return };
        let data = self.data;
        let upright = along == Along::X;
        let length = if upright { data.height } else { data.width };
        let (dash, gap) = if dashed { (DASH.0 * width, DASH.1 * width) } else { (length, length) };
        let across = |centre: f32, low: f32, high: f32| {
            (centre - (width / 2.0).floor()).clamp(low, (high - width).max(low))
        };
        let mut from = 0.0;
        while from < length {
            let run = dash.min(length - from);
            let rect = if upright {
                let x = across(snap(data.x, data.width, position), data.x, data.right());
                Rect { x, y: data.bottom() - from - run, width, height: run }
            } else {
                let y = across(snap(data.bottom(), -data.height, position), data.y, data.bottom());
                Rect { x: data.x + from, y, width: run, height: width }
            };
            out.push(DisplayItem::Rect { rect, color });
            from += dash + gap;
        }
    }

    /// At the right end of a level line, above it where there is room; at the top of an upright one, to its right.
    fn line_label(&self, along: Along, at: f64, label: &str, color: Color, out: &mut Vec<DisplayItem>) {
        let Some(position) = self.position(along, at) else { return };
        let data = self.data;
        let line = Line::fitted(label, Weight::Regular, SMALL, data.width - GAP);
        let (cap, width) = (line.cap_height(), line.width());
        let (x, y) = if along == Along::X {
            let at = data.x + position * data.width;
            let right = at + 5.0 + width <= data.right();
            (if right { at + 5.0 } else { at - 4.0 - width }, data.y + GAP / 2.0 + cap)
        } else {
            let at = data.bottom() - position * data.height;
            let above = at - 5.0 - cap >= data.y;
            (data.right() - GAP / 2.0 - width, if above { at - 5.0 } else { at + 6.0 + cap })
        };
        self.plate(&line, (x, y), out);
        out.push(text(line, x, y, Color { a: 255, ..color }));
    }

    fn band(
        &self,
        along: Along,
        ends: (f64, f64),
        color: Color,
        label: Option<&str>,
        out: &mut Vec<DisplayItem>,
    ) {
        let axis = self.axis(along);
        let (a, b) = (axis.position(ends.0), axis.position(ends.1));
        let (low, high) = (a.min(b).clamp(0.0, 1.0) as f32, a.max(b).clamp(0.0, 1.0) as f32);
        let reaches = a.is_finite() || b.is_finite();
        if low >= high || !reaches {
            return;
        }
        let data = self.data;
        let rect = if along == Along::X {
            let (left, right) = ((data.x + low * data.width).round(), (data.x + high * data.width).round());
            Rect { x: left, y: data.y, width: (right - left).max(1.0), height: data.height }
        } else {
            let (top, bottom) =
                ((data.bottom() - high * data.height).round(), (data.bottom() - low * data.height).round());
            Rect { x: data.x, y: top, width: data.width, height: (bottom - top).max(1.0) }
        };
        out.push(DisplayItem::Rect { rect, color });
        if let Some(label) = label {
            let line = Line::fitted(label, Weight::Regular, SMALL, rect.width.max(2.0 * GAP) - GAP);
            let x =
                if along == Along::X { rect.x + GAP / 2.0 } else { rect.right() - GAP / 2.0 - line.width() };
            let y = rect.y + GAP / 2.0 + line.cap_height();
            out.push(text(line, x, y, self.inks.soft));
        }
    }

    /// Words beside a point, moved so that they stay inside.
    fn words(
        &self,
        line: Line,
        (x, y): (f32, f32),
        anchor: Anchor,
        color: Color,
        out: &mut Vec<DisplayItem>,
    ) {
        let data = self.data;
        let line = if line.width() > data.width {
            Line::fitted(&line.text, line.weight, line.size, data.width)
        } else {
            line
        };
        let (width, cap) = (line.width(), line.cap_height());
        let (x, y) = match anchor {
            Anchor::Left => (x + 5.0, y + cap / 2.0),
            Anchor::Middle => (x - width / 2.0, y - 5.0),
            Anchor::Right => (x - 5.0 - width, y + cap / 2.0),
            Anchor::Centre => (x - width / 2.0, y + cap / 2.0),
        };
        let x = x.clamp(data.x, (data.right() - width).max(data.x));
        let y = y.clamp(data.y + cap, data.bottom().max(data.y + cap));
        if anchor != Anchor::Centre {
            self.plate(&line, (x, y), out);
        }
        out.push(text(line, x, y, color));
    }

    /// The ground behind words, so that they can be read over data.
    fn plate(&self, line: &Line, (x, y): (f32, f32), out: &mut Vec<DisplayItem>) {
        let data = self.data;
        let (left, right) = ((x - 3.0).max(data.x), (x + line.width() + 3.0).min(data.right()));
        let (top, bottom) = ((y - line.cap_height() - 3.0).max(data.y), (y + 3.0).min(data.bottom()));
        let rect = Rect {
            x: left.round(),
            y: top.round(),
            width: (right - left).round(),
            height: (bottom - top).round(),
        };
        if rect.width >= 1.0 && rect.height >= 1.0 {
            out.push(DisplayItem::Rect { rect, color: Color { a: PLATE, ..self.inks.panel } });
        }
    }
}

fn arrow(from: (f32, f32), to: (f32, f32), width: f32, color: Color, out: &mut Vec<DisplayItem>) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    if length < 1.0 {
        return;
    }
    let (along, across) = ((dx / length, dy / length), (-dy / length, dx / length));
    let grown = width.max(1.0).sqrt();
    let (head, half) = ((HEAD.0 * grown).min(length), HEAD.1 * grown);
    let point = |behind: f32, aside: f32| {
        (to.0 - along.0 * behind + across.0 * aside, to.1 - along.1 * behind + across.1 * aside)
    };
    let thin = width / 2.0;
    let corners = vec![
        point(length, thin),
        point(head, thin),
        point(head, half),
        point(0.0, 0.0),
        point(head, -half),
        point(head, -thin),
        point(length, -thin),
    ];
    out.push(DisplayItem::Shape { corners, color });
}
