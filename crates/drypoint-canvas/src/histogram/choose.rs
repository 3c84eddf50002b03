//! How many bins, where the data is to say: NumPy's rules (Sturges, Scott, Freedman and Diaconis), without the data at hand.
//!
//! Quartiles come from a histogram of 65,536 bins, and from a second one within the bins that hold them: one pass each, to
//! within a part in 2³¹ of the range, where sorting would need all values.

use drypoint_stream::{DataType, Source};

use super::{BinEdges, Histogram, HistogramColumns, HistogramFold, Totals};
use crate::options::Options;
use crate::{CanvasError, ExtentsFold, Result, Scale};

/// A rule for the width of bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoBins {
    /// The lesser width of Sturges and of Freedman and Diaconis, the latter at least half of that of the square root.
    Auto,
    /// Freedman and Diaconis: twice the interquartile range, by the cube root of the number.
    Fd,
    /// Scott: by the standard deviation.
    Scott,
    /// Sturges: by the logarithm of the number.
    Sturges,
    /// The square root of the number.
    Sqrt,
    /// Twice the cube root of the number.
    Rice,
}

impl AutoBins {
    /// All of them, by NumPy's names.
    pub const ALL: [(&'static str, AutoBins); 6] = [
        ("auto", AutoBins::Auto),
        ("fd", AutoBins::Fd),
        ("scott", AutoBins::Scott),
        ("sturges", AutoBins::Sturges),
        ("sqrt", AutoBins::Sqrt),
        ("rice", AutoBins::Rice),
    ];

    fn needs_quartiles(self) -> bool {
        matches!(self, Self::Auto | Self::Fd)
    }
}

/// How bins are made.
#[derive(Debug, Clone, PartialEq)]
pub enum BinRule {
    /// So many of one width.
    Count(usize),
    /// Between these edges.
    Edges(Vec<f64>),
    /// As many as a rule says.
    Auto(AutoBins),
}

/// Bins of the coarse histogram, and of the fine one within each quartile's bin.
const COARSE: usize = 1 << 16;
const FINE: usize = 1 << 15;

/// The histogram of a source that can be read again. Without a range it is that of all finite values, above 0 for logarithmic
/// bins.
pub fn histogram(
    source: &dyn Source,
    columns: &HistogramColumns,
    rule: &BinRule,
    range: Option<(f64, f64)>,
    scale: Scale,
    options: &Options,
) -> Result<Histogram> {
    // Rows count as done when they are put into bins, not when they are looked at for the bins.
    let uncounted = Options { progress: None, ..options.clone() };
    let edges = match rule {
        BinRule::Edges(edges) => BinEdges::Listed(edges.clone()),
        BinRule::Count(_) | BinRule::Auto(_) => {
            let range = match range {
                Some(range) => range,
                None => {
                    let mut fold = ExtentsFold::new(&[(&columns.x, scale)], &uncounted);
                    fold.consume(source)?;
                    let found = fold.finish().into_iter().next().flatten();
                    let found = found.ok_or_else(|| CanvasError::NoValues {
                        name: source.name(),
                        column: columns.x.clone(),
                    })?;
                    (found.min, found.max)
                }
            };
            let count = match rule {
                BinRule::Count(count) => *count,
                BinRule::Auto(rule) => chosen(source, &columns.x, *rule, range, scale, &uncounted)?,
                BinRule::Edges(_) => unreachable!("matched above"),
            };
            BinEdges::Even { range, count, scale }
        }
    };
    let mut fold = HistogramFold::new(columns, &edges, options)?;
    fold.consume(source)?;
    Ok(fold.finish())
}

/// How many bins a rule gives the values within a range.
fn chosen(
    source: &dyn Source,
    x: &str,
    rule: AutoBins,
    range: (f64, f64),
    scale: Scale,
    options: &Options,
) -> Result<usize> {
    let columns = HistogramColumns { x: x.into(), weights: None, by: None };
    if range.0 == range.1 {
        return Ok(1);
    }
    let whole = matches!(
        source.schema().fields[source.schema().index_of(x)?].data_type,
        DataType::Int(_) | DataType::UInt(_)
    );
    let coarse = BinEdges::Even { range, count: COARSE, scale: Scale::Linear };
    let mut fold = HistogramFold::surveying(&columns, &coarse, options)?;
    fold.consume(source)?;
    let (coarse, survey) = fold.finish_surveyed();
    let count = survey.count;
    if count == 0.0 {
        return Ok(1);
    }
    let extent = survey.max - survey.min;
    let sturges = extent / (count.log2() + 1.0);
    let root = extent / count.sqrt();
    let spread = match rule.needs_quartiles() {
        true => 2.0 * interquartile(source, &columns, &coarse, count, whole, options)? * count.cbrt().recip(),
        false => 0.0,
    };
    let width = match rule {
        AutoBins::Sturges => sturges,
        AutoBins::Sqrt => root,
        AutoBins::Rice => extent / (2.0 * count.cbrt()),
        AutoBins::Scott => (24.0 * std::f64::consts::PI.sqrt() / count).cbrt() * survey.deviation(),
        AutoBins::Fd => spread,
        AutoBins::Auto => spread.max(root / 2.0).min(sturges),
    };
    // Integers between two neighbours there are none.
    let width = if whole && width > 0.0 { width.max(1.0) } else { width };
    if width == 0.0 || width.is_nan() {
        return Ok(1);
    }
    let bins = ((range.1 - range.0) / width).ceil();
    let bins = if scale == Scale::Log {
        // A width means nothing where bins are of one ratio: as many as they would be over the values.
        (extent / width).ceil()
    } else {
        bins
    };
    Ok((bins as usize).clamp(1, HistogramFold::MOST_BINS))
}

/// The difference of the quartiles, as NumPy's percentiles interpolate them.
fn interquartile(
    source: &dyn Source,
    columns: &HistogramColumns,
    coarse: &Histogram,
    count: f64,
    whole: bool,
    options: &Options,
) -> Result<f64> {
    // The ranks around each quartile.
    let at = |share: f64| share * (count - 1.0);
    let ranks =
        [at(0.25).floor(), at(0.25).ceil(), at(0.75).floor(), at(0.75).ceil()].map(|rank| rank as u64);
    // The bins of these ranks, each cut into finer ones; what lies between two of them is one bin.
    let mut edges = vec![coarse.edges[0]];
    let mut held: Vec<usize> = ranks.iter().map(|rank| bin_of(coarse, *rank)).collect();
    held.dedup();
    for bin in held {
        let (from, to) = (coarse.edges[bin], coarse.edges[bin + 1]);
        let fine = (0..=FINE).map(|part| from + (to - from) * (part as f64 / FINE as f64));
        let last = edges[edges.len() - 1];
        edges.extend(fine.filter(|edge| *edge > last && *edge < to));
        edges.push(to);
    }
    let last = coarse.edges[coarse.edges.len() - 1];
    if edges[edges.len() - 1] < last {
        edges.push(last);
    }
    let mut fold = HistogramFold::new(columns, &BinEdges::Listed(edges), options)?;
    fold.consume(source)?;
    let fine = fold.finish();
    let value = |rank: u64| {
        let bin = bin_of(&fine, rank);
        // A bin is narrower than the distance of two integers.
        if whole { fine.edges[bin].ceil() } else { fine.edges[bin] / 2.0 + fine.edges[bin + 1] / 2.0 }
    };
    let quartile = |share: f64, low: u64, high: u64| {
        let (low_value, high_value) = (value(low), value(high));
        low_value + (high_value - low_value) * (at(share) - low as f64)
    };
    Ok(quartile(0.75, ranks[2], ranks[3]) - quartile(0.25, ranks[0], ranks[1]))
}

/// The bin that holds the value of a rank.
fn bin_of(histogram: &Histogram, rank: u64) -> usize {
    let Totals::Counts(counts) = &histogram.totals else { return 0 };
    let mut below = 0;
    for (bin, count) in counts.iter().enumerate() {
        below += count;
        if rank < below {
            return bin;
        }
    }
    counts.len() - 1
}
