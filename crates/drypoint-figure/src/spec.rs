//! What a figure is to show, before its data is drawn: a grid of axes, each with what explains its colours.

mod axis;

pub use axis::AxisSpec;

use crate::{Color, FigureError, Result, Theme};

/// The widest and highest figure, in device pixels.
pub(crate) const MAX_SIDE: f64 = 32_767.0;

/// The most axes along one side of the grid.
const MOST_AXES: usize = 64;

/// What will stand to the right of the data to explain its colours.
#[derive(Debug, Clone, PartialEq)]
pub enum KeySpec {
    /// Nothing.
    None,
    /// A bar of colours with values.
    ColorBar {
        /// What the values are.
        label: Option<String>,
    },
    /// Categories with their colours.
    Legend {
        /// What the categories are.
        title: Option<String>,
        /// Their names, as far as they are known before the data is drawn: the room is measured from them.
        names: Vec<String>,
    },
    /// A name beside one colour. Those of all layers of the axes stand together.
    Entry {
        /// What the layer shows.
        label: String,
    },
}

/// One plot area with its axes.
#[derive(Debug, Clone, PartialEq)]
pub struct AxesSpec {
    /// Its place in the grid, from the top.
    pub row: usize,
    /// Its place in the grid, from the left.
    pub column: usize,
    /// A line above it.
    pub title: Option<String>,
    /// Left to right.
    pub x: AxisSpec,
    /// Bottom to top.
    pub y: AxisSpec,
    /// A second axis bottom to top, whose ticks stand on the right.
    pub right: Option<AxisSpec>,
    /// The height of a unit of y for each width of a unit of x (of decades on logarithmic axes); the plot area gives up
    /// width or height for it. `None` fills the room.
    pub aspect: Option<f64>,
    /// Whether lines at the ticks lie under the data.
    pub grid: bool,
    /// Whether the labels of x and of y are left to a neighbour that has the same range.
    pub unlabelled: (bool, bool),
    /// What explains the colours of each layer, in their order.
    pub keys: Vec<KeySpec>,
}

impl AxesSpec {
    /// Axes with one layer, explained by a colour bar.
    pub fn new(x: AxisSpec, y: AxisSpec) -> Self {
        Self {
            row: 0,
            column: 0,
            title: None,
            x,
            y,
            right: None,
            aspect: None,
            grid: true,
            unlabelled: (false, false),
            keys: vec![KeySpec::ColorBar { label: None }],
        }
    }

    fn check(&self) -> Result<()> {
        self.x.check("x")?;
        self.y.check("y")?;
        self.right.as_ref().map_or(Ok(()), |right| right.check("right"))?;
        if let Some(aspect) = self.aspect {
            if !(aspect > 0.0 && aspect.is_finite()) {
                return Err(FigureError::BadAspect { aspect });
            }
            if self.x.scale != self.y.scale {
                return Err(FigureError::MixedAspect);
            }
        }
        Ok(())
    }
}

/// A figure to lay out.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureSpec {
    /// Width of the whole figure in CSS pixels.
    pub width: u32,
    /// Height of the whole figure.
    pub height: u32,
    /// Device pixels for each CSS pixel: 2 for high-density output. 0.25 to 8.
    pub scale: f64,
    /// How much larger than usual text, lines and margins are. 0.25 to 8.
    pub zoom: f64,
    /// The ground it is printed on.
    pub theme: Theme,
    /// Another ground than that of the theme, for page and plot areas; transparent if its alpha is 0.
    pub background: Option<Color>,
    /// The line on top.
    pub title: Option<String>,
    /// A smaller line at the bottom: the source, the number of rows.
    pub caption: Option<String>,
    /// What is drawn; at least one.
    pub axes: Vec<AxesSpec>,
    /// Whether the keys of the first axes explain all, and stand beside the whole grid.
    pub shared_key: bool,
}

impl FigureSpec {
    /// A light figure with one layer, a colour bar and no words.
    pub fn new(width: u32, height: u32, x: AxisSpec, y: AxisSpec) -> Self {
        Self {
            width,
            height,
            scale: 1.0,
            zoom: 1.0,
            theme: Theme::Light,
            background: None,
            title: None,
            caption: None,
            axes: vec![AxesSpec::new(x, y)],
            shared_key: false,
        }
    }

    /// Rows and columns of the grid.
    pub fn grid(&self) -> (usize, usize) {
        let end =
            |place: fn(&AxesSpec) -> usize| self.axes.iter().map(place).max().map_or(0, |last| last + 1);
        (end(|axes| axes.row), end(|axes| axes.column))
    }

    pub(crate) fn check(&self) -> Result<()> {
        const SCALES: (f64, f64) = (0.25, 8.0);
        for scale in [self.scale, self.zoom] {
            if !(SCALES.0..=SCALES.1).contains(&scale) {
                return Err(FigureError::BadScale { scale, least: SCALES.0, most: SCALES.1 });
            }
        }
        let side = |units: u32| (1.0..=MAX_SIDE).contains(&(f64::from(units) * self.scale));
        if !side(self.width) || !side(self.height) {
            let (width, height) = (u64::from(self.width), u64::from(self.height));
            return Err(FigureError::BadSize { width, height, limit: (MAX_SIDE / self.scale) as u64 });
        }
        let (rows, columns) = self.grid();
        if rows == 0 || rows > MOST_AXES || columns > MOST_AXES {
            return Err(FigureError::BadGrid { rows, columns, most: MOST_AXES });
        }
        for (place, axes) in self.axes.iter().enumerate() {
            axes.check()?;
            let same = |other: &AxesSpec| (other.row, other.column) == (axes.row, axes.column);
            if self.axes[..place].iter().any(same) {
                return Err(FigureError::SamePlace { row: axes.row, column: axes.column });
            }
        }
        Ok(())
    }
}
