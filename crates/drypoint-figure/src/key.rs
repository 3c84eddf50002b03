//! What explains the colours, right of the data: a bar whose ticks stand where the shading really puts their values, or
//! a legend that ends in "and n more" where the room ends. Of several layers, names of single colours come first, in one
//! block; legends take what they need, and bars share what is left.

use crate::axis::text;
use crate::display::{DisplayItem, Rect};
use crate::layout::said;
use crate::theme::{BAR, GAP, Inks, LEADING, SMALL, SWATCH, TICK, TICK_GAP};
use crate::ticks::{compact, plain};
use crate::{Category, Color, ColorKey, ColorScale, KeySpec, Line, Weight};

/// The least space between two labels of the bar.
const BETWEEN: f32 = 18.0;

/// Rectangles that a bar is made of, at most.
const MOST_STRIPES: usize = 256;

fn small(text: &str, width: f32) -> Line {
    Line::fitted(text, Weight::Regular, SMALL, width)
}

fn title(text: &str, width: f32) -> Line {
    Line::fitted(text, Weight::SemiBold, SMALL, width)
}

/// The least height of a bar.
const LEAST_BAR: f32 = 64.0;

/// The room that the keys of all layers take, known before their values are.
pub(crate) fn width(specs: &[KeySpec], figure: f32) -> f32 {
    specs.iter().map(|spec| width_of(spec, figure)).fold(0.0, f32::max)
}

fn width_of(spec: &KeySpec, figure: f32) -> f32 {
    let most = (0.24 * figure).clamp(60.0, 200.0);
    let titled = |text: &Option<String>| said(text).map_or(0.0, |text| title(text, most).width());
    match spec {
        KeySpec::None => 0.0,
        KeySpec::ColorBar { label } => {
            let numbers = BAR + TICK + TICK_GAP + small("−4.6×10⁻⁹", most).width();
            numbers.max(titled(label).min(numbers * 1.6)).ceil()
        }
        KeySpec::Legend { title, names } => {
            let widest = names.iter().take(200).map(|name| small(name, most).width()).fold(0.0, f32::max);
            let widest =
                if names.is_empty() { 90.0 } else { widest.max(small("and 999 more", most).width()) };
            (SWATCH + GAP + widest).max(titled(title)).clamp(60.0, most).ceil()
        }
        KeySpec::Entry { label } => (SWATCH + GAP + small(label, most).width()).clamp(40.0, most).ceil(),
    }
}

/// Draw the keys of the layers of one plot area into their room beside it.
pub(crate) fn draw(
    specs: &[KeySpec],
    keys: &[ColorKey],
    room: Rect,
    inks: &Inks,
    out: &mut Vec<DisplayItem>,
) {
    let layers = || specs.iter().zip(keys);
    let mut top = room.y;
    let entries: Vec<(&str, Color)> = layers()
        .filter_map(|(spec, key)| match spec {
            KeySpec::Entry { label } => Some((label.as_str(), key.color()?)),
            _ => None,
        })
        .collect();
    for (label, color) in &entries {
        entry(label, *color, Rect { y: top, height: LEADING, ..room }, inks, out);
        top += LEADING;
    }
    let blocks: Vec<(&KeySpec, &ColorKey)> =
        layers().filter(|(spec, _)| !matches!(spec, KeySpec::None | KeySpec::Entry { .. })).collect();
    if !entries.is_empty() {
        top += GAP;
    }
    let wanted: f32 = blocks.iter().map(|(spec, key)| needed(spec, key) + 2.0 * GAP).sum();
    let bars = blocks.iter().filter(|(_, key)| matches!(key, ColorKey::Values(_))).count();
    // Bars grow to fill what legends leave.
    let spare = (room.bottom() - top - wanted + 2.0 * GAP).max(0.0) / bars.max(1) as f32;
    for (place, (spec, key)) in blocks.iter().enumerate() {
        let is_bar = matches!(key, ColorKey::Values(_));
        let last = place + 1 == blocks.len();
        let height =
            if last { room.bottom() - top } else { needed(spec, key) + if is_bar { spare } else { 0.0 } };
        let height = height.min(room.bottom() - top);
        if height < LEADING {
            return;
        }
        block(spec, key, Rect { y: top, height, ..room }, inks, out);
        top += height + 2.0 * GAP;
    }
}

/// The height that one key needs.
fn needed(spec: &KeySpec, key: &ColorKey) -> f32 {
    let heading = if heading(spec).is_some() { LEADING + 4.0 } else { 0.0 };
    heading
        + match key {
            ColorKey::Values(_) => LEAST_BAR,
            ColorKey::Categories(categories) => LEADING * categories.len() as f32,
            ColorKey::Empty | ColorKey::Flag(_) => LEADING,
        }
}

fn heading(spec: &KeySpec) -> Option<&str> {
    match spec {
        KeySpec::ColorBar { label } => said(label),
        KeySpec::Legend { title, .. } => said(title),
        KeySpec::None | KeySpec::Entry { .. } => None,
    }
}

/// One key under its heading.
fn block(spec: &KeySpec, key: &ColorKey, place: Rect, inks: &Inks, out: &mut Vec<DisplayItem>) {
    let heading = heading(spec);
    let heading_room = if heading.is_some() { LEADING + 4.0 } else { 0.0 };
    let room = Rect { y: place.y + heading_room, height: place.height - heading_room, ..place };
    if let Some(heading) = heading {
        let line = title(heading, place.width);
        let y = place.y + line.cap_height();
        out.push(text(line, place.x, y, inks.strong));
    }
    match key {
        ColorKey::Empty => out.push(note("no data", room, inks)),
        ColorKey::Flag(color) => entry("present", *color, room, inks, out),
        ColorKey::Values(scale) => bar(scale, room, inks, out),
        ColorKey::Categories(categories) => legend(categories, room, inks, out),
    }
}

fn note(words: &str, room: Rect, inks: &Inks) -> DisplayItem {
    let line = small(words, room.width);
    let y = room.y + line.cap_height();
    text(line, room.x, y, inks.soft)
}

fn bar(scale: &ColorScale, room: Rect, inks: &Inks, out: &mut Vec<DisplayItem>) {
    let colors = scale.colors();
    let stripes = colors.len().clamp(1, MOST_STRIPES);
    // Each stripe reaches from its foot to the top and is covered by the next: no seams in the vector formats.
    for stripe in 0..stripes {
        let foot = room.bottom() - (room.height * stripe as f32 / stripes as f32).floor();
        let color = colors[stripe * colors.len() / stripes].over(Color { a: 255, ..inks.panel });
        let rect = Rect { x: room.x, y: room.y, width: BAR, height: foot - room.y };
        out.push(DisplayItem::Rect { rect, color });
    }
    let label_x = room.x + BAR + TICK + TICK_GAP;
    let label_room = room.x + room.width - label_x;
    for (position, line) in bar_ticks(scale, room.height, label_room) {
        let y = (room.bottom() - position as f32 * room.height).round().clamp(room.y, room.bottom() - 1.0);
        let tick = Rect { x: room.x + BAR, y, width: TICK, height: 1.0 };
        out.push(DisplayItem::Rect { rect: tick, color: inks.axis });
        // The outermost labels stay between the ends of the bar.
        let half = line.cap_height() / 2.0;
        let y = (y + 0.5).clamp(room.y + half, room.bottom() - half) + half;
        out.push(text(line, label_x, y, inks.soft));
    }
}

/// Values worth a tick and their positions: the ends, then round numbers, the roundest first, as far as there is room.
fn bar_ticks(scale: &ColorScale, height: f32, label_room: f32) -> Vec<(f64, Line)> {
    let (low, high) = (scale.low(), scale.high());
    if low >= high {
        return vec![(0.5, number(scale, low, label_room))];
    }
    let mut taken: Vec<(f64, Line)> = Vec::new();
    for value in candidates(scale) {
        let position = scale.position(value);
        let line = number(scale, value, label_room);
        let clear = taken.iter().all(|(other, said)| {
            ((position - other) as f32 * height).abs() >= BETWEEN && said.text != line.text
        });
        if clear {
            taken.push((position, line));
        }
    }
    taken.sort_by(|a, b| a.0.total_cmp(&b.0));
    taken
}

fn candidates(scale: &ColorScale) -> Vec<f64> {
    let (low, high) = (scale.low(), scale.high());
    let mut values = vec![high, low];
    if low < 0.0 && high > 0.0 {
        values.push(0.0);
    }
    let size = low.abs().max(high.abs());
    let least = if scale.is_whole() { 1.0 } else { size * 1e-6 };
    let exponents = (least.log10().floor() as i32).max(-307)..=(size.log10().floor() as i32).min(307);
    for multiples in [&[1.0][..], &[5.0, 2.0], &[3.0, 7.0, 1.5, 4.0]] {
        for exponent in exponents.clone().rev() {
            for multiple in multiples {
                let value = multiple * 10_f64.powi(exponent);
                let drawable = !scale.is_whole() || value.fract() == 0.0;
                let inside = |value: &f64| *value > low && *value < high && drawable;
                values.extend([value, -value].iter().filter(|value| inside(value)));
            }
        }
    }
    // Where the range is narrow against its distance from 0, none of these lie inside: even parts do.
    if values.len() < 5 {
        values.extend(
            (1..4)
                .map(|part| low + (high - low) * f64::from(part) / 4.0)
                .filter(|value| !scale.is_whole() || value.fract() == 0.0),
        );
    }
    values
}

/// With as many figures as fit.
fn number(scale: &ColorScale, value: f64, room: f32) -> Line {
    let range = scale.high() - scale.low();
    let long = if scale.is_whole() && value.abs() < 10_000.0 {
        Some(plain(value as i128, 0))
    } else if range > 0.0 && range < value.abs() / 100.0 {
        // Three short figures would give neighbours the same label.
        let decimals = (1.0 - range.log10().floor()).clamp(0.0, 6.0) as i32;
        let units = (value * 10_f64.powi(decimals)).round();
        (units.abs() < 1e15).then(|| plain(units as i128, -decimals))
    } else {
        None
    };
    let forms = long.into_iter().chain([3, 2, 1].map(|figures| compact(value, figures)));
    let mut lines = forms.map(|form| Line::new(&form, Weight::Regular, SMALL));
    lines.find(|line| line.width() <= room).unwrap_or_else(|| small(&compact(value, 1), room))
}

/// In one column, or where that is too short and names are, in as many as the room holds.
fn legend(categories: &[Category], room: Rect, inks: &Inks, out: &mut Vec<DisplayItem>) {
    let rows = (((room.height + 4.0) / LEADING) as usize).max(1);
    let columns = if categories.len() <= rows { 1 } else { columns(categories, room.width) };
    let (rows, shown): (usize, Vec<&Category>) = if categories.len() <= rows * columns {
        (categories.len().div_ceil(columns), categories.iter().collect())
    } else {
        // The largest are worth the room; they keep the order of the data. The last row says how many are missing.
        let mut order: Vec<usize> = (0..categories.len()).collect();
        order.sort_by(|a, b| categories[*b].weight.total_cmp(&categories[*a].weight));
        order.truncate((rows - 1) * columns);
        order.sort_unstable();
        (rows - 1, order.into_iter().map(|index| &categories[index]).collect())
    };
    let pitch = (room.width + GAP) / columns as f32;
    for (place, category) in shown.iter().enumerate() {
        let x = room.x + ((place / rows) as f32 * pitch).round();
        let cell =
            Rect { x, y: room.y + (place % rows) as f32 * LEADING, width: pitch - GAP, height: LEADING };
        entry(&category.name, category.color, cell, inks, out);
    }
    let more = categories.len() - shown.len();
    if more > 0 {
        let indent = SWATCH + GAP;
        let y = room.y + rows as f32 * LEADING + 1.0;
        let line = Rect { x: room.x + indent, y, width: room.width - indent, height: LEADING };
        out.push(note(&format!("and {more} more"), line, inks));
    }
}

fn columns(categories: &[Category], room: f32) -> usize {
    let widest = categories.iter().map(|category| small(&category.name, room).width()).fold(0.0, f32::max);
    (((room + GAP) / (SWATCH + GAP + widest + GAP)) as usize).max(1)
}

fn entry(name: &str, color: Color, cell: Rect, inks: &Inks, out: &mut Vec<DisplayItem>) {
    let swatch = Rect { x: cell.x, y: cell.y.round(), width: SWATCH, height: SWATCH };
    out.push(DisplayItem::Rect { rect: swatch, color: Color { a: 255, ..color } });
    let line = small(if name.trim().is_empty() { "(blank)" } else { name }, cell.width - SWATCH - GAP);
    let y = cell.y.round() + SWATCH / 2.0 + line.cap_height() / 2.0;
    out.push(text(line, cell.x + SWATCH + GAP, y, inks.soft));
}
