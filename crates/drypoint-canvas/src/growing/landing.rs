//! Where the cells of a grown axis fall on the final one, and how a count that two pixels share is divided.
//!
//! A cell is at most a pixel wide, so it lies in one pixel or in two. To give all of it to the pixel of its centre keeps
//! every point within half a pixel, but some pixels get two cells and some one: counts would show stripes. So counts
//! are divided by area. What rounding leaves over is carried to the next cell of the same column or line, as in
//! dithering, so totals stay exact and nothing is favoured. Folds that do not grow with the number of points (means,
//! extremes, the first value) show no stripes; their cells go to the pixel of their centre.

/// One cell of a grown axis, in pixels of the final axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Landing {
    /// The pixel of the cell's centre.
    pub(super) centre: u32,
    /// The pixels that it begins and ends in.
    pub(super) first: u32,
    pub(super) second: u32,
    /// The part of its width that lies in `first`.
    pub(super) part: f64,
}

impl Landing {
    /// All of it in one pixel.
    pub(super) fn whole(pixel: u32) -> Self {
        Self { centre: pixel, first: pixel, second: pixel, part: 1.0 }
    }

    /// A cell from `low` to `high`, positions in pixels, on an axis whose last pixel is `last`.
    pub(super) fn between(low: f64, high: f64, last: f64) -> Self {
        let pixel = |position: f64| position.clamp(0.0, last) as u32;
        let (first, second) = (pixel(low.floor()), pixel(high.ceil() - 1.0));
        let centre = pixel(((low + high) / 2.0).floor());
        if second <= first {
            return Self { centre, ..Self::whole(first) };
        }
        let part = ((f64::from(second) - low) / (high - low)).clamp(0.0, 1.0);
        Self { centre, first, second, part }
    }

    /// A count divided between `first` and `second`; `carried` is what rounding owed before, and owes now.
    pub(super) fn divide(self, count: u64, carried: &mut f64) -> [(u64, u32); 2] {
        if self.first == self.second {
            return [(count, self.first), (0, self.second)];
        }
        let wanted = count as f64 * self.part + *carried;
        let in_first = (wanted.round().max(0.0) as u64).min(count);
        *carried = wanted - in_first as f64;
        [(in_first, self.first), (count - in_first, self.second)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost_and_little_is_owed(
            counts in proptest::collection::vec(0u64..50, 1..100),
            low in 0.0..9.0f64,
            width in 0.01..1.0f64,
        ) {
            let landing = Landing::between(low, low + width, 9.0);
            let mut carried = 0.0;
            let (mut found, mut in_first) = (0, 0);
            for count in &counts {
                let [one, other] = landing.divide(*count, &mut carried);
                found += one.0 + other.0;
                in_first += one.0;
            }
            let total: u64 = counts.iter().sum();
            prop_assert_eq!(found, total);
            if landing.first != landing.second {
                prop_assert!((in_first as f64 - total as f64 * landing.part).abs() <= 0.5 + 1e-6);
            }
        }
    }

    #[test]
    fn a_cell_inside_a_pixel_is_not_divided() {
        assert_eq!(Landing::between(3.25, 3.75, 9.0), Landing::whole(3));
        assert_eq!(Landing::between(3.5, 4.0, 9.0), Landing::whole(3));
        let shared = Landing::between(3.75, 4.5, 9.0);
        assert_eq!((shared.first, shared.second, shared.centre), (3, 4, 4));
        assert!((shared.part - 1.0 / 3.0).abs() < 1e-12);
    }
}
