//! What an aggregate's numbers mean, as lines of text: `key value`, in a fixed order (docs/formats/aggregate.md).

use std::str::Lines;
use std::sync::Arc;

use drypoint_stream::TimeUnit;

use super::Planes;
use crate::{Axis, AxisKind, Canvas, Categories, Method, Rank, Reduction, Scale};

/// The version of aggregates that are held as a whole.
const WHOLE: &str = "1";
/// The version of tiled ones.
const TILED: &str = "2";
/// The version of those that keep rows of a pixel, or whose categories are computed or told for each pixel.
const KEPT: &str = "3";

/// Everything but the cells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct About {
    pub(crate) canvas: Canvas,
    pub(crate) reduction: Reduction,
    pub(crate) categories: Vec<String>,
    pub(crate) rows: u64,
    pub(crate) skipped: u64,
    pub(crate) cells: CellType,
    /// What the counts beside the cells are, if there are any.
    pub(crate) counts: Option<CellType>,
    pub(crate) means: bool,
    pub(crate) keys: bool,
    /// The values that selected rows.
    pub(crate) selectors: bool,
    /// Cells along a side of a tile; the members are those of a tiled aggregate then.
    pub(crate) tiles: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellType {
    Bool,
    U32,
    U64,
    I64,
    F64,
}

impl CellType {
    pub(crate) fn of(planes: &Planes) -> Self {
        match planes {
            Planes::Bool(_) => Self::Bool,
            Planes::U32(_) => Self::U32,
            Planes::U64(_) => Self::U64,
            Planes::I64(_) => Self::I64,
            Planes::F64(_) => Self::F64,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F64 => "float64",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Bool, Self::U32, Self::U64, Self::I64, Self::F64].into_iter().find(|kind| kind.name() == name)
    }
}

const UNITS: [(&str, TimeUnit); 5] = [
    ("day", TimeUnit::Day),
    ("s", TimeUnit::Second),
    ("ms", TimeUnit::Millisecond),
    ("us", TimeUnit::Microsecond),
    ("ns", TimeUnit::Nanosecond),
];

/// Names may hold anything; a line may not hold a line break.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

fn unescape(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain)
}

impl About {
    pub(crate) fn write(&self) -> String {
        let version = match &self.reduction {
            _ if self.tiles.is_some() => TILED,
            reduction if is_kept(reduction) => KEPT,
            _ => WHOLE,
        };
        let mut text = format!("drypoint-aggregate {version}\n");
        let mut line = |key: &str, value: &str| {
            text.push_str(key);
            text.push(' ');
            text.push_str(value);
            text.push('\n');
        };
        for (name, axis) in [("x", &self.canvas.x), ("y", &self.canvas.y)] {
            line(name, &axis.pixels.to_string());
            // Shortest digits that give the same float64 back.
            line("start", &format!("{:e}", axis.range.0));
            line("end", &format!("{:e}", axis.range.1));
            line("scale", if axis.scale == Scale::Log { "log" } else { "linear" });
            match &axis.kind {
                AxisKind::Number => line("kind", "number"),
                AxisKind::Categories { names } => {
                    line("kind", "categories");
                    names.iter().for_each(|name| line("name", &escape(name)));
                }
                AxisKind::Time { unit, zone } => {
                    let unit = UNITS.iter().find(|(_, known)| known == unit).map_or("ns", |(name, _)| name);
                    line("kind", unit);
                    if let Some(zone) = zone {
                        line("zone", &escape(zone));
                    }
                }
            }
        }
        if let Some(categories) = self.reduction.categories() {
            line("by", &escape(categories.column()));
            match categories {
                Categories::Values(_) => {}
                Categories::Modulo { modulo, offset, .. } => line("modulo", &format!("{modulo} {offset}")),
                Categories::Bins { lower, upper, bins, under, over, .. } => {
                    line("bins", &format!("{lower:e} {upper:e} {bins} {under} {over}"));
                }
            }
        }
        let inner = self.reduction.inner();
        line("reduction", inner.name());
        if let Reduction::Where(selector, _) = inner {
            line("selector", selector.name());
        }
        if let Some(column) = inner.value_column() {
            line("of", &escape(column));
        }
        if let Some(depth) = inner.depth() {
            line("n", &depth.to_string());
        }
        if let Some(lookup) = inner.lookup_column() {
            line("lookup", &escape(lookup));
        }
        line("rows", &self.rows.to_string());
        line("skipped", &self.skipped.to_string());
        line("cells", self.cells.name());
        if let Some(counts) = self.counts {
            line("counts", counts.name());
        }
        if self.means {
            line("means", "float64");
        }
        if self.keys {
            line("keys", "uint64");
        }
        if self.selectors {
            line("selectors", "float64");
        }
        if let Some(side) = self.tiles {
            line("tiles", &side.to_string());
        }
        for category in &self.categories {
            line("category", &escape(category));
        }
        text
    }

    /// What was written; an error says which line is missing or wrong.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut lines = Reading { lines: text.lines(), next: None };
        lines.advance();
        let version = lines.expect("drypoint-aggregate")?;
        if ![WHOLE, TILED, KEPT].contains(&version) {
            return Err(format!("version {version}, {WHOLE} to {KEPT} are read here"));
        }
        let canvas = Canvas { x: lines.axis("x")?, y: lines.axis("y")? };
        let by =
            lines.take("by").map(name).transpose()?.map(|column| lines.categories(column)).transpose()?;
        let fold = lines.expect("reduction")?;
        let selector = lines.take("selector");
        let of = lines.take("of").map(name).transpose()?;
        let depth =
            lines.take("n").map(|text| text.parse().map_err(|_| format!("n {text:?}"))).transpose()?;
        let lookup = lines.take("lookup").map(name).transpose()?;
        let unknown = || format!("reduction {fold:?}");
        let reduction = match (fold, selector, by) {
            ("mode", None, Some(by)) => Reduction::Mode(by),
            ("mode", ..) => return Err(unknown()),
            ("where", Some(selector), by) => {
                let selector = reduction(selector, of, depth).ok_or_else(unknown)?;
                within(by, Reduction::Where(Box::new(selector), lookup))
            }
            (_, _, by) => within(by, reduction(fold, of, depth).ok_or_else(unknown)?),
        };
        if is_kept(&reduction) != (version == KEPT) {
            return Err(format!("{reduction} in version {version}"));
        }
        let rows = lines.number("rows")?;
        let skipped = lines.number("skipped")?;
        let cell_type = |text: &str| CellType::parse(text).ok_or_else(|| format!("cells of {text:?}"));
        let cells = cell_type(lines.expect("cells")?)?;
        let counts = lines.take("counts").map(cell_type).transpose()?;
        let means = lines.take("means").is_some();
        let keys = lines.take("keys").is_some();
        let selectors = lines.take("selectors").is_some();
        let tiles = if version == TILED { Some(lines.number("tiles")?) } else { None };
        let mut categories = Vec::new();
        while let Some(category) = lines.take("category") {
            categories.push(name(category)?);
        }
        match lines.next {
            Some((key, _)) => Err(format!("line {key:?} where none is expected")),
            None => Ok(Self {
                canvas,
                reduction,
                categories,
                rows,
                skipped,
                cells,
                counts,
                means,
                keys,
                selectors,
                tiles,
            }),
        }
    }
}

fn name(text: &str) -> Result<String, String> {
    unescape(text).ok_or_else(|| format!("name {text:?}"))
}

/// Whether only the newest version can say it.
fn is_kept(reduction: &Reduction) -> bool {
    let kept = matches!(reduction.inner(), Reduction::Ranked(..) | Reduction::Where(..) | Reduction::Mode(_));
    kept || reduction.categories().is_some_and(|categories| categories.computed().is_some())
}

fn within(by: Option<Categories>, reduction: Reduction) -> Reduction {
    match by {
        Some(by) => Reduction::By(by, Box::new(reduction)),
        None => reduction,
    }
}

fn reduction(name: &str, of: Option<String>, depth: Option<usize>) -> Option<Reduction> {
    Some(match name {
        "min_n" => Reduction::Ranked(Rank::Min, of?, depth?),
        "max_n" => Reduction::Ranked(Rank::Max, of?, depth?),
        "first_n" => Reduction::Ranked(Rank::First, of?, depth?),
        "last_n" => Reduction::Ranked(Rank::Last, of?, depth?),
        "count" => Reduction::Count(of),
        "any" => Reduction::Any(of),
        "sum" => Reduction::Sum(of?),
        "mean" => Reduction::Mean(of?),
        "min" => Reduction::Min(of?),
        "max" => Reduction::Max(of?),
        "var" => Reduction::Var(of?),
        "std" => Reduction::Std(of?),
        "first" => Reduction::First(of?),
        "last" => Reduction::Last(of?),
        _ => Reduction::Resampled(Method::parse(name)?, of?),
    })
}

struct Reading<'a> {
    lines: Lines<'a>,
    next: Option<(&'a str, &'a str)>,
}

impl<'a> Reading<'a> {
    fn advance(&mut self) {
        self.next = self.lines.next().map(|line| line.split_once(' ').unwrap_or((line, "")));
    }

    /// The value of the next line if its key is `key`.
    fn take(&mut self, key: &str) -> Option<&'a str> {
        let (_, value) = self.next.filter(|(found, _)| *found == key)?;
        self.advance();
        Some(value)
    }

    fn expect(&mut self, key: &str) -> Result<&'a str, String> {
        self.take(key).ok_or_else(|| format!("no line {key:?} where it is expected"))
    }

    fn number<T: std::str::FromStr>(&mut self, key: &str) -> Result<T, String> {
        let text = self.expect(key)?;
        text.parse().map_err(|_| format!("{key} {text:?}"))
    }

    /// The categories of a column, and how they are computed.
    fn categories(&mut self, column: String) -> Result<Categories, String> {
        fn next<T: std::str::FromStr>(parts: &mut std::str::SplitWhitespace<'_>) -> Result<T, String> {
            let text = parts.next().unwrap_or_default();
            text.parse().map_err(|_| format!("{text:?} in what computes categories"))
        }
        if let Some(mut parts) = self.take("modulo").map(str::split_whitespace) {
            return Ok(Categories::Modulo { column, modulo: next(&mut parts)?, offset: next(&mut parts)? });
        }
        if let Some(mut parts) = self.take("bins").map(str::split_whitespace) {
            return Ok(Categories::Bins {
                column,
                lower: next(&mut parts)?,
                upper: next(&mut parts)?,
                bins: next(&mut parts)?,
                under: next(&mut parts)?,
                over: next(&mut parts)?,
            });
        }
        Ok(Categories::Values(column))
    }

    fn axis(&mut self, key: &str) -> Result<Axis, String> {
        let pixels = self.number(key)?;
        let range = (self.number("start")?, self.number("end")?);
        let scale = match self.expect("scale")? {
            "linear" => Scale::Linear,
            "log" => Scale::Log,
            other => return Err(format!("scale {other:?}")),
        };
        let kind = match self.expect("kind")? {
            "number" => AxisKind::Number,
            "categories" => {
                let mut names = Vec::new();
                while let Some(text) = self.take("name") {
                    names.push(name(text)?);
                }
                AxisKind::Categories { names: names.into() }
            }
            unit => {
                let known = UNITS.iter().find(|(name, _)| *name == unit);
                let (_, unit) = *known.ok_or_else(|| format!("kind {unit:?}"))?;
                AxisKind::Time { unit, zone: self.take("zone").map(name).transpose()?.map(Arc::from) }
            }
        };
        Ok(Axis { pixels, range, scale, kind })
    }
}
