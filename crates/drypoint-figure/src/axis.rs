//! Axes: ticks that fit, their labels, and what they look like.

use crate::display::{DisplayItem, Rect};
use crate::layout::said;
use crate::theme::{GAP, Inks, LABEL, LEADING, MINOR_TICK, SMALL, TICK, TICK_GAP};
use crate::{AxisSpec, Line, Ticks, Weight};
use drypoint_canvas::AxisKind;

/// The least space between two labels of x, and between two ticks of y.
const BETWEEN_X: f32 = 14.0;
const BETWEEN_Y: f32 = 22.0;

/// A label that has its place.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    /// From the start of the axis, 0 to 1.
    at: f32,
    line: Line,
    /// Left edge, for x.
    left: f32,
    context: Option<(Line, f32)>,
}

/// The axis below the data.
#[derive(Debug, Clone)]
pub(crate) struct XAxis {
    labels: Vec<Placed>,
    minor: Vec<f32>,
    note: Option<Line>,
    rows: usize,
    /// Whether a neighbour has the labels.
    hidden: bool,
}

/// The axis left of the data.
#[derive(Debug, Clone)]
pub(crate) struct YAxis {
    labels: Vec<Placed>,
    minor: Vec<f32>,
    note: Option<Line>,
    width: f32,
    /// Whether a neighbour has the labels.
    hidden: bool,
}

fn small(text: &str) -> Line {
    Line::new(text, Weight::Regular, SMALL)
}

/// The most ticks an axis is given.
const MOST_TICKS: usize = 10;
/// The most categories that are named, and the least height that the name of one has.
const MOST_CATEGORIES: usize = 100;
const CATEGORY_HEIGHT: f32 = 15.0;
/// The width that the name of a category is shortened to at most.
const LEAST_NAME: f32 = 40.0;

/// What the labels of an axis may need, whatever number of them will fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// Rows of labels: two if any tick names its larger unit.
    pub(crate) rows: usize,
    /// Whether the labels leave something out that is told at the end of the axis.
    pub(crate) note: bool,
}

impl Needs {
    pub(crate) fn of(spec: &AxisSpec) -> Self {
        (1..=MOST_TICKS).map(|target| spec.ticks(target)).fold(
            Self { rows: 1, note: false },
            |needs, made| Self {
                rows: if made.major.iter().any(|tick| tick.context.is_some()) { 2 } else { needs.rows },
                note: needs.note || made.note.is_some(),
            },
        )
    }
}

/// Height of ticks and labels below the data.
pub(crate) fn x_tick_room(rows: usize) -> f32 {
    TICK + TICK_GAP + LEADING * rows as f32
}

fn minor_positions(spec: &AxisSpec, ticks: &Ticks) -> Vec<f32> {
    ticks.minor.iter().map(|value| spec.position(*value) as f32).collect()
}

impl XAxis {
    /// As many ticks as fit without touching, labels inside `bounds`.
    pub(crate) fn plan(spec: &AxisSpec, data: Rect, bounds: (f32, f32), rows: usize) -> Self {
        let most = match &spec.kind {
            AxisKind::Categories { names } => names.len().clamp(2, MOST_CATEGORIES),
            _ => ((data.width / 45.0) as usize).clamp(2, MOST_TICKS),
        };
        for target in (1..=most).rev() {
            let made = spec.ticks(target);
            // Names of categories are shortened to their cells before any is left out.
            let room = match &spec.kind {
                AxisKind::Categories { .. } => {
                    (data.width / made.major.len().max(1) as f32 - BETWEEN_X).max(LEAST_NAME)
                }
                _ => f32::INFINITY,
            };
            let labels: Vec<Placed> =
                made.major.iter().map(|tick| place(tick, spec, data, bounds, room)).collect();
            if target == 1 || fits(&labels) {
                // At last resort the first label alone: it cannot overlap.
                let labels = if fits(&labels) { labels } else { labels.into_iter().take(1).collect() };
                let note = made.note.as_deref().map(small);
                return Self { labels, minor: minor_positions(spec, &made), note, rows, hidden: false };
            }
        }
        Self { labels: Vec::new(), minor: Vec::new(), note: None, rows, hidden: false }
    }

    /// Ticks without labels.
    pub(crate) fn hidden(spec: &AxisSpec, data: Rect) -> Self {
        let wide = (f32::NEG_INFINITY, f32::INFINITY);
        Self { note: None, hidden: true, ..Self::plan(spec, data, wide, 0) }
    }

    pub(crate) fn draw(
        &self,
        spec: &AxisSpec,
        data: Rect,
        inks: &Inks,
        right: f32,
        out: &mut Vec<DisplayItem>,
    ) {
        let base = data.bottom();
        for at in &self.minor {
            out.push(rect(snap(data.x, data.width, *at), base, 1.0, MINOR_TICK, inks));
        }
        let first_row = base + TICK + TICK_GAP + small("0").cap_height();
        for label in &self.labels {
            out.push(rect(snap(data.x, data.width, label.at), base, 1.0, TICK, inks));
            if self.hidden {
                continue;
            }
            out.push(text(label.line.clone(), label.left, first_row, inks.soft));
            if let Some((line, left)) = &label.context {
                out.push(text(line.clone(), *left, first_row + LEADING, inks.strong));
            }
        }
        out.push(rect(data.x, base, data.width, 1.0, inks));
        if self.hidden {
            return;
        }
        let row = base + x_tick_room(self.rows) + GAP;
        let mut label_right = right;
        if let Some(note) = &self.note {
            label_right = (data.right() - note.width()).max(GAP);
            out.push(text(note.clone(), label_right, row + note.cap_height() - 2.0, inks.soft));
        }
        // Without the note the ticks would tell wrong values: where both cannot stand, the label yields.
        let label_room = label_right - GAP - data.x;
        if let Some(label) = said(&spec.label).filter(|_| label_room >= 2.0 * LABEL) {
            // Centred below the data, or as near as the note leaves room for.
            let line = Line::fitted(label, Weight::Regular, LABEL, label_room);
            let centred = data.x + (data.width - line.width()) / 2.0;
            let x = if self.note.is_some() { centred.min(label_right - GAP - line.width()) } else { centred };
            let y = row + line.cap_height() - 2.0;
            out.push(text(line, x.max(data.x), y, inks.strong));
        }
    }

    pub(crate) fn grid(&self) -> impl Iterator<Item = f32> {
        self.labels.iter().map(|label| label.at)
    }
}

fn place(tick: &crate::Tick, spec: &AxisSpec, data: Rect, bounds: (f32, f32), room: f32) -> Placed {
    let at = spec.position(tick.value) as f32;
    let centre = data.x + at * data.width;
    let room = room.min(bounds.1 - bounds.0);
    let left_of =
        |line: &Line| (centre - line.width() / 2.0).clamp(bounds.0, (bounds.1 - line.width()).max(bounds.0));
    let line = Line::fitted(&tick.label, Weight::Regular, SMALL, room);
    let left = left_of(&line);
    let context = tick.context.as_deref().map(|context| {
        let line = Line::fitted(context, Weight::Regular, SMALL, room);
        let left = left_of(&line);
        (line, left)
    });
    Placed { at, line, left, context }
}

fn fits(labels: &[Placed]) -> bool {
    let clear = |spans: Vec<(f32, f32)>| spans.windows(2).all(|pair| pair[0].1 + BETWEEN_X <= pair[1].0);
    clear(labels.iter().map(|label| (label.left, label.left + label.line.width())).collect())
        && clear(
            labels
                .iter()
                .filter_map(|label| label.context.as_ref())
                .map(|(line, left)| (*left, left + line.width()))
                .collect(),
        )
}

impl YAxis {
    /// As many ticks as `height` holds, labels no wider than `most_width`.
    pub(crate) fn plan(spec: &AxisSpec, height: f32, most_width: f32) -> Self {
        let target = match &spec.kind {
            AxisKind::Categories { .. } => ((height / CATEGORY_HEIGHT) as usize).clamp(2, MOST_CATEGORIES),
            _ => ((height / 52.0) as usize).clamp(2, MOST_TICKS),
        };
        let between =
            if matches!(spec.kind, AxisKind::Categories { .. }) { CATEGORY_HEIGHT - 1.0 } else { BETWEEN_Y };
        let made = spec.ticks(target);
        let mut labels: Vec<Placed> = Vec::new();
        for tick in &made.major {
            let at = spec.position(tick.value) as f32;
            let crowded = labels.last().is_some_and(|before| {
                let two_rows = tick.context.is_some() || before.context.is_some();
                (at - before.at).abs() * height < if two_rows { between + LEADING } else { between }
            });
            if crowded {
                continue;
            }
            let line = Line::fitted(&tick.label, Weight::Regular, SMALL, most_width);
            let context = tick
                .context
                .as_deref()
                .map(|text| (Line::fitted(text, Weight::Regular, SMALL, most_width), 0.0));
            labels.push(Placed { at, line, left: 0.0, context });
        }
        let width = labels
            .iter()
            .flat_map(|label| {
                [Some(label.line.width()), label.context.as_ref().map(|(line, _)| line.width())]
            })
            .flatten()
            .fold(0.0, f32::max);
        let note = made.note.as_deref().map(small);
        Self { labels, minor: minor_positions(spec, &made), note, width, hidden: false }
    }

    /// Ticks without labels.
    pub(crate) fn hidden(spec: &AxisSpec, height: f32) -> Self {
        Self { note: None, width: -TICK_GAP, hidden: true, ..Self::plan(spec, height, f32::INFINITY) }
    }

    /// Width of ticks and labels.
    pub(crate) fn room(&self) -> f32 {
        self.width + TICK + TICK_GAP
    }

    pub(crate) fn draw(
        &self,
        spec: &AxisSpec,
        data: Rect,
        inks: &Inks,
        margin: f32,
        out: &mut Vec<DisplayItem>,
    ) {
        let edge = data.x - TICK - TICK_GAP;
        for at in &self.minor {
            let y = snap(data.bottom(), -data.height, *at);
            out.push(rect(data.x - MINOR_TICK, y, MINOR_TICK, 1.0, inks));
        }
        for label in &self.labels {
            let y = snap(data.bottom(), -data.height, label.at);
            out.push(rect(data.x - TICK, y, TICK, 1.0, inks));
            self.words(label, y, |line| edge - line.width(), inks, out);
        }
        out.push(rect(data.x - 1.0, data.y, 1.0, data.height + 1.0, inks));
        if self.hidden {
            return;
        }
        if let Some(note) = &self.note {
            let x = (edge - self.width).max(margin);
            out.push(text(note.clone(), x, data.y - GAP, inks.soft));
        }
        if let Some(label) = said(&spec.label) {
            let line = Line::fitted(label, Weight::Regular, LABEL, data.height);
            let x = margin + line.cap_height();
            out.push(upward(line, x, data, inks));
        }
    }

    /// The same on the right of the data; its label ends at `end`.
    pub(crate) fn draw_right(
        &self,
        spec: &AxisSpec,
        data: Rect,
        inks: &Inks,
        end: f32,
        out: &mut Vec<DisplayItem>,
    ) {
        let base = data.right();
        let edge = base + TICK + TICK_GAP;
        for at in &self.minor {
            out.push(rect(base, snap(data.bottom(), -data.height, *at), MINOR_TICK, 1.0, inks));
        }
        for label in &self.labels {
            let y = snap(data.bottom(), -data.height, label.at);
            out.push(rect(base, y, TICK, 1.0, inks));
            self.words(label, y, |_| edge, inks, out);
        }
        out.push(rect(base, data.y, 1.0, data.height + 1.0, inks));
        if let Some(note) = &self.note {
            out.push(text(note.clone(), edge, data.y - GAP, inks.soft));
        }
        if let Some(label) = said(&spec.label) {
            let line = Line::fitted(label, Weight::Regular, LABEL, data.height);
            out.push(upward(line, end, data, inks));
        }
    }

    /// The label of a tick at `y`, each of its lines beginning where `left` says.
    fn words(
        &self,
        label: &Placed,
        y: f32,
        left: impl Fn(&Line) -> f32,
        inks: &Inks,
        out: &mut Vec<DisplayItem>,
    ) {
        if self.hidden {
            return;
        }
        let baseline = y + 0.5 + label.line.cap_height() / 2.0;
        out.push(text(label.line.clone(), left(&label.line), baseline, inks.soft));
        if let Some((line, _)) = &label.context {
            // Toward the middle: beyond the ends stand the labels of x and the title.
            let row = if label.at < 0.5 { 2.0 - LEADING } else { LEADING - 2.0 };
            out.push(text(line.clone(), left(line), baseline + row, inks.strong));
        }
    }

    pub(crate) fn grid(&self) -> impl Iterator<Item = f32> {
        self.labels.iter().map(|label| label.at)
    }
}

/// A label along an upright axis, its baseline at `x`.
fn upward(line: Line, x: f32, data: Rect, inks: &Inks) -> DisplayItem {
    let y = data.y + (data.height + line.width()) / 2.0;
    DisplayItem::Text { line, x, y, color: inks.strong, upward: true }
}

/// The whole unit that a position of an axis falls on, so that lines are sharp. The ends stay inside.
pub(crate) fn snap(start: f32, length: f32, at: f32) -> f32 {
    let (low, high) = if length < 0.0 { (start + length, start) } else { (start, start + length) };
    (start + length * at).round().clamp(low, high - 1.0)
}

fn rect(x: f32, y: f32, width: f32, height: f32, inks: &Inks) -> DisplayItem {
    DisplayItem::Rect { rect: Rect { x, y, width, height }, color: inks.axis }
}

pub(crate) fn text(line: Line, x: f32, y: f32, color: crate::Color) -> DisplayItem {
    DisplayItem::Text { line, x, y, color, upward: false }
}
