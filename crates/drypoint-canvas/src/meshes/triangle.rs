//! One triangle on the pixels: those whose centres lie in it, and with which value.
//!
//! The rule is Datashader's, in the same order of operations: edges that a triangle shares with its neighbour belong to one
//! of the two (top-left rule), and a triangle that lies within one pixel is drawn there. Its loop asks every pixel of
//! the triangle's box; here the ends of each line are computed, and then asked, because a rounded edge function still
//! never falls where the exact one grows.

/// A vertex on the grid: pixel centres lie at whole numbers. With its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corner {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) value: f64,
}

/// What a pixel of a triangle gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    /// A mean of the values at the corners, each weighed by how near it is.
    Linear,
    /// The mean of the three.
    Flat,
}

/// An edge from `a` to `b`; what lies on its side of the triangle has a function above 0.
#[derive(Clone, Copy)]
struct Edge {
    ax: f64,
    ay: f64,
    across: f64,
    up: f64,
    /// Whether points on it belong to the triangle.
    owns: bool,
}

impl Edge {
    #[inline(always)]
    fn new(a: &Corner, b: &Corner) -> Self {
        let (across, up) = (b.x - a.x, b.y - a.y);
        let owns = !((a.y < b.y) | ((b.y == a.y) & (a.x < b.x)));
        Self { ax: a.x, ay: a.y, across, up, owns }
    }

    #[inline(always)]
    fn at(&self, x: f64, y: f64) -> f64 {
        (x - self.ax) * self.up - (y - self.ay) * self.across
    }

    #[inline(always)]
    fn holds_at(&self, at: f64) -> bool {
        (at > 0.0) | (self.owns & (at == 0.0))
    }

    #[inline(always)]
    fn holds(&self, x: f64, y: f64) -> bool {
        self.holds_at(self.at(x, y))
    }

    /// Cut a line of columns to those on the side of the triangle.
    #[inline(always)]
    fn cut(&self, y: f64, first: &mut i64, last: &mut i64) {
        if self.up == 0.0 {
            if !self.holds(0.0, y) {
                *last = *first - 1;
            }
            return;
        }
        let crossing = self.ax + (y - self.ay) * self.across / self.up;
        // As a whole number within the line, from where the true end is at most some columns away.
        let near = crossing.max(*first as f64 - 1.0).min(*last as f64 + 1.0) as i64;
        if self.up > 0.0 {
            let mut at = near.max(*first);
            while at > *first && self.holds((at - 1) as f64, y) {
                at -= 1;
            }
            while at <= *last && !self.holds(at as f64, y) {
                at += 1;
            }
            *first = at;
        } else {
            let mut at = near.min(*last);
            while at < *last && self.holds((at + 1) as f64, y) {
                at += 1;
            }
            while at >= *first && !self.holds(at as f64, y) {
                at -= 1;
            }
            *last = at;
        }
    }
}

#[inline(always)]
fn ends(corners: &[Corner; 3], of: impl Fn(&Corner) -> f64) -> (f64, f64) {
    let lesser = |a: f64, b: f64| if a < b { a } else { b };
    let greater = |a: f64, b: f64| if a > b { a } else { b };
    let [a, b, c] = [of(&corners[0]), of(&corners[1]), of(&corners[2])];
    (lesser(lesser(a, b), c), greater(greater(a, b), c))
}

/// Rounded down. Without an instruction for it `f64::floor` is a call.
#[inline(always)]
fn floor(at: f64) -> i64 {
    let cut = at as i64;
    cut - i64::from(at < cut as f64)
}

/// The first and the last pixel of a range of positions; one that ends at the edge of the grid ends in its last pixel.
#[inline(always)]
fn pixels((start, end): (f64, f64), count: usize) -> (i64, i64) {
    let last = floor(end + 0.5);
    let edge = count as f64 - 0.5;
    (floor(start + 0.5), if end <= edge { last.min(count as i64 - 1) } else { last })
}

/// Those pixels from `first` to `last` whose centres are not beyond the ends of a range. The slack is a million times what
/// rounding may make of an edge: an edge function has the last word.
#[inline(always)]
fn within((start, end): (f64, f64), first: i64, last: i64) -> (i64, i64) {
    let slack = |at: f64| 1e-9 * (1.0 + at.abs());
    (first.max(-floor(slack(start) - start)), last.min(floor(end + slack(end))))
}

/// Boxes of at most so many pixels are asked pixel by pixel: that is done before the ends of a line are found.
const FEW: i64 = 12;

/// Call `put(column, line, values)` with runs of the pixels of a triangle, or with single ones. False if it has no place
/// on the grid: a coordinate is missing, or its box is away from it.
#[inline]
pub(super) fn draw(
    corners: &[Corner; 3],
    between: Between,
    (width, height): (usize, usize),
    line_values: &mut [f64],
    mut put: impl FnMut(usize, usize, &[f64]),
) -> bool {
    let [a, mut b, mut c] = *corners;
    // Zero unless one of them is NaN or infinite.
    if (a.x + b.x + c.x + a.y + b.y + c.y) * 0.0 != 0.0 {
        return false;
    }
    let across = ends(corners, |corner| corner.x);
    let along = ends(corners, |corner| corner.y);
    let near = (across.0 < width as f64 - 0.5)
        & (across.1 >= -0.5)
        & (along.0 < height as f64 - 0.5)
        & (along.1 >= -0.5);
    if !near {
        return false;
    }
    let (first, last) = pixels(across, width);
    let (low, high) = pixels(along, height);
    let mean = (a.value + b.value + c.value) / 3.0;
    if first == last && low == high {
        put(first as usize, low as usize, &[mean]);
        return true;
    }
    let (first, last) = within(across, first.max(0), last.min(width as i64 - 1));
    let (low, high) = within(along, low.max(0), high.min(height as i64 - 1));
    if first > last || low > high {
        return true;
    }
    // All triangles are gone around one way, whichever way they were given.
    if (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) >= 0.0 {
        (b, c) = (c, b);
    }
    let edges = [Edge::new(&b, &c), Edge::new(&c, &a), Edge::new(&a, &b)];
    let area = edges[2].at(c.x, c.y);
    if area == 0.0 {
        return true;
    }
    let value = |g: [f64; 3]| match between {
        Between::Flat => mean,
        Between::Linear => (g[0] * a.value + g[1] * b.value + g[2] * c.value) / area,
    };
    if (last - first + 1) * (high - low + 1) <= FEW {
        for line in low..=high {
            for column in first..=last {
                let (x, y) = (column as f64, line as f64);
                let g = [edges[0].at(x, y), edges[1].at(x, y), edges[2].at(x, y)];
                if edges[0].holds_at(g[0]) & edges[1].holds_at(g[1]) & edges[2].holds_at(g[2]) {
                    put(column as usize, line as usize, &[value(g)]);
                }
            }
        }
        return true;
    }
    for line in low..=high {
        let y = line as f64;
        let (mut from, mut to) = (first, last);
        for edge in &edges {
            edge.cut(y, &mut from, &mut to);
            if from > to {
                break;
            }
        }
        if from > to {
            continue;
        }
        let count = (to - from) as usize + 1;
        let values = &mut line_values[..count];
        for (at, target) in values.iter_mut().enumerate() {
            let x = (from + at as i64) as f64;
            *target = value([edges[0].at(x, y), edges[1].at(x, y), edges[2].at(x, y)]);
        }
        put(from as usize, line as usize, values);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every pixel asked, with Datashader's test as it is written.
    fn asked(corners: &[Corner; 3], width: usize, height: usize) -> Vec<(usize, usize, f64)> {
        let [a, mut b, mut c] = *corners;
        let edge = |a: Corner, b: Corner, x: f64, y: f64| (x - a.x) * (b.y - a.y) - (y - a.y) * (b.x - a.x);
        if (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) >= 0.0 {
            (b, c) = (c, b);
        }
        let bias = |a: Corner, b: Corner| a.y < b.y || (b.y == a.y && a.x < b.x);
        let area = edge(a, b, c.x, c.y);
        let mut found = Vec::new();
        let columns = pixels(ends(corners, |corner| corner.x), width);
        let lines = pixels(ends(corners, |corner| corner.y), height);
        for line in (0..height).filter(|line| (lines.0..=lines.1).contains(&(*line as i64))) {
            for column in (0..width).filter(|column| (columns.0..=columns.1).contains(&(*column as i64))) {
                let (x, y) = (column as f64, line as f64);
                let (g2, g0, g1) = (edge(a, b, x, y), edge(b, c, x, y), edge(c, a, x, y));
                let inside = |g: f64, bias: bool| g > 0.0 || (!bias && g == 0.0);
                if area != 0.0 && inside(g2, bias(a, b)) && inside(g0, bias(b, c)) && inside(g1, bias(c, a)) {
                    found.push((column, line, (g0 * a.value + g1 * b.value + g2 * c.value) / area));
                }
            }
        }
        found
    }

    fn coordinate() -> impl Strategy<Value = f64> {
        // Whole and half positions are where ties are.
        prop_oneof![(-8i32..40).prop_map(|at| f64::from(at) / 2.0), -30.0..60.0, Just(1e9), -1e-9..1e-9]
    }

    fn corner() -> impl Strategy<Value = Corner> {
        (coordinate(), coordinate(), -5.0..5.0).prop_map(|(x, y, value)| Corner { x, y, value })
    }

    proptest! {
        #[test]
        fn lines_are_what_every_pixel_says(corners in [corner(), corner(), corner()]) {
            let (width, height) = (13, 11);
            let mut found = Vec::new();
            let mut line_values = vec![0.0; width];
            let near = draw(&corners, Between::Linear, (width, height), &mut line_values, |column, line, values| {
                found.extend(values.iter().enumerate().map(|(at, value)| (column + at, line, *value)));
            });
            let (first, last) = pixels(ends(&corners, |corner| corner.x), width);
            let (low, high) = pixels(ends(&corners, |corner| corner.y), height);
            if !near {
                prop_assert!(found.is_empty() && asked(&corners, width, height).is_empty());
            } else if first == last && low == high {
                prop_assert_eq!(found.len(), 1);
            } else {
                prop_assert_eq!(found, asked(&corners, width, height));
            }
        }
    }

    #[test]
    fn triangles_that_share_edges_share_no_pixel_and_leave_none_out() {
        // A square of four triangles around its centre, on whole positions, where every edge runs through centres.
        let at = |x: f64, y: f64| Corner { x, y, value: 1.0 };
        let (middle, rim) = (at(4.0, 4.0), [at(0.0, 0.0), at(8.0, 0.0), at(8.0, 8.0), at(0.0, 8.0)]);
        let mut counts = [[0; 10]; 10];
        for side in 0..4 {
            let corners = [middle, rim[side], rim[(side + 1) % 4]];
            draw(&corners, Between::Linear, (10, 10), &mut [0.0; 10], |column, line, values| {
                for at in 0..values.len() {
                    counts[line][column + at] += 1;
                }
            });
        }
        let once: usize = counts.iter().flatten().filter(|count| **count == 1).count();
        assert_eq!((once, counts.iter().flatten().max()), (64, Some(&1)), "{counts:?}");
    }
}
