//! How far to spread. What a picture covers in all says little: postal codes fill 7 % of a map and yet touch each other
//! wherever most of them are. Datashader's `dynspread` asks for the share of dots that touch, which two columns of dots
//! side by side already reach. Asked here is the neighbourhood of the lit pixels themselves, and of those the middle one.

use drypoint_canvas::{Aggregate, Cells};

use super::{SpreadShape, Stamp};
use crate::Pixmap;

/// The share of its neighbourhood that the middle dot may see covered if no two dots overlapped.
const MOST_COVERED: f64 = 0.3;

/// The same for dots that only make up for smaller pixels.
const MOST_COVERED_BY_LEAST: f64 = 1.0;

/// The furthest that automatic spreading goes, and how far a neighbourhood reaches, in pixels at scale 1.
const MOST_PX: f64 = 3.0;
const REACH: f64 = 8.0;

impl Pixmap {
    /// How far to spread so that single points are seen and dense regions keep their structure: the most, up to 3 times
    /// `scale`, at which the middle one of the lit pixels sees less than a third of its neighbourhood covered. 0 for dense
    /// and for empty pictures. Cost: one pass over the pixels.
    pub fn spread_px(&self, scale: f64) -> usize {
        let reach = (REACH * scale).round() as usize;
        let Some(neighbours) = self.middle_neighbours(reach) else { return 0 };
        let density = neighbours as f64 / ((2 * reach + 1).pow(2) - 1) as f64;
        let least = (scale / 2.0) as usize;
        (1..=(MOST_PX * scale).round() as usize)
            .take_while(|px| {
                let covered = density * Stamp::new(*px, SpreadShape::Circle).offsets.len() as f64;
                covered < if *px <= least { MOST_COVERED_BY_LEAST } else { MOST_COVERED }
            })
            .last()
            .unwrap_or(0)
    }

    /// Lit pixels in the square that reaches `reach` pixels around a lit pixel: the median of all. `None` without any.
    fn middle_neighbours(&self, reach: usize) -> Option<usize> {
        let mut occurrences = vec![0_usize; (2 * reach + 1).pow(2)];
        let is_lit = |place| self.is_lit(place);
        each_neighbourhood((self.width, self.height), reach, is_lit, |neighbours| {
            occurrences[neighbours] += 1
        });
        let lit: usize = occurrences.iter().sum();
        let mut seen = 0;
        occurrences.iter().position(|count| {
            seen += count;
            lit > 0 && 2 * seen >= lit
        })
    }

    /// How far to spread by Datashader's rule: up to `most` pixels, as long as the share of lit pixels that have another
    /// one within twice as many is at most `threshold`. 0 for an empty picture. Cost: one pass for each pixel of reach.
    pub fn spread_px_by_touching(&self, threshold: f64, most: usize) -> usize {
        touching((self.width, self.height), threshold, most, |place| self.is_lit(place))
    }
}

/// The same for the cells of an aggregate: for categories, where any of them is not empty.
pub fn spread_px_of_cells(aggregate: &Aggregate, threshold: f64, most: usize) -> usize {
    let (width, height) = (aggregate.width(), aggregate.height());
    touching((width, height), threshold, most, |place| {
        (0..aggregate.planes()).any(|plane| match aggregate.cells(plane) {
            Cells::Bool(cells) => cells[place] != 0,
            Cells::U32(cells) => cells[place] != 0,
            Cells::U64(cells) => cells[place] != 0,
            Cells::F64(cells) => !cells[place].is_nan(),
        })
    })
}

fn touching(size: (usize, usize), threshold: f64, most: usize, is_lit: impl Fn(usize) -> bool) -> usize {
    // Beyond this, two lit pixels of one picture always see each other.
    let most = most.min(size.0.max(size.1));
    let sparse = |px: &usize| {
        let (mut lit, mut touched) = (0_u64, 0_u64);
        each_neighbourhood(size, 2 * px, &is_lit, |neighbours| {
            lit += 1;
            touched += u64::from(neighbours > 0);
        });
        lit > 0 && touched as f64 / lit as f64 <= threshold
    };
    (1..=most).take_while(sparse).last().unwrap_or(0)
}

/// Tell for each lit pixel how many others are lit in the square that reaches `reach` pixels around it.
fn each_neighbourhood(
    (width, height): (usize, usize),
    reach: usize,
    is_lit: impl Fn(usize) -> bool,
    mut tell: impl FnMut(usize),
) {
    let mut in_column = vec![0_usize; width];
    for y in 0..height + reach {
        // The columns hold what is lit in the rows from y - 2 reach to y; in the middle is the row looked at.
        for (x, count) in in_column.iter_mut().enumerate() {
            *count += usize::from(y < height && is_lit(y * width + x));
            let left = y.checked_sub(2 * reach + 1).filter(|left| *left < height);
            *count -= left.map_or(0, |left| usize::from(is_lit(left * width + x)));
        }
        let Some(row) = y.checked_sub(reach) else { continue };
        let mut around: usize = in_column.iter().take(reach).sum();
        for x in 0..width {
            around += in_column.get(x + reach).copied().unwrap_or(0);
            around -= x.checked_sub(reach + 1).map_or(0, |left| in_column[left]);
            if is_lit(row * width + x) {
                tell(around - 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Color, Pixels};
    use drypoint_memory::MemoryPool;
    use proptest::prelude::*;

    fn picture(width: usize, height: usize, lit: impl Fn(usize, usize) -> bool) -> Pixmap {
        let mut indices = MemoryPool::new(16 << 20).consumer("test").zeroed::<u8>(width * height).unwrap();
        for (place, index) in indices.iter_mut().enumerate() {
            *index = u8::from(lit(place % width, place / width));
        }
        let palette = vec![Color::TRANSPARENT, Color::hex(0)];
        Pixmap { width, height, pixels: Pixels::Indexed { palette, indices } }
    }

    fn naive(pixmap: &Pixmap, reach: usize) -> Option<usize> {
        let places = || (0..pixmap.height).flat_map(|y| (0..pixmap.width).map(move |x| (x, y)));
        let lit: Vec<_> = places().filter(|(x, y)| pixmap.is_lit(y * pixmap.width + x)).collect();
        let near = |a: &(usize, usize), b: &(usize, usize)| {
            a != b && a.0.abs_diff(b.0) <= reach && a.1.abs_diff(b.1) <= reach
        };
        let mut counts: Vec<usize> = lit.iter().map(|a| lit.iter().filter(|b| near(a, b)).count()).collect();
        counts.sort_unstable();
        (!counts.is_empty()).then(|| counts[(counts.len() - 1) / 2])
    }

    proptest! {
        #[test]
        fn neighbours_agree_with_naive(
            width in 1_usize..24, height in 1_usize..24, reach in 0_usize..9, one_in in 1_usize..9, seed: u16
        ) {
            let mixed = |x: usize, y: usize| ((x * 7919 + y * 104_729 + usize::from(seed)) * 2_654_435_761) >> 7;
            let pixmap = picture(width, height, |x, y| mixed(x, y) % one_in == 0);
            prop_assert_eq!(pixmap.middle_neighbours(reach), naive(&pixmap, reach));
        }
    }

    #[test]
    fn from_three_points_to_a_full_picture() {
        let every = |step: usize| picture(300, 200, move |x, y| x % step == 0 && y % step == 0);
        let px = |step: usize| every(step).spread_px(1.0);
        assert_eq!(picture(300, 200, |x, y| y == 100 && x % 100 == 0).spread_px(1.0), 3);
        assert_eq!([px(40), px(10), px(6), px(3), px(1)], [3, 3, 1, 0, 0]);
        assert_eq!(picture(300, 200, |_, _| false).spread_px(1.0), 0);
        assert_eq!(picture(300, 200, |x, y| x == 150 && y == 100).spread_px(2.0), 6);
    }

    #[test]
    fn a_dense_half_decides_for_an_empty_one() {
        // 10 % of the pixels are lit, nearly all of them side by side.
        let pixmap = picture(300, 200, |x, y| x < 30 || (x % 50 == 0 && y % 50 == 0));
        assert_eq!(pixmap.spread_px(1.0), 0);
    }

    #[test]
    fn small_pixels_are_made_up_for() {
        let pixmap = picture(300, 200, |x, y| x % 4 == 0 && y % 3 == 0);
        assert_eq!((pixmap.spread_px(1.0), pixmap.spread_px(2.0)), (0, 1));
    }
}
