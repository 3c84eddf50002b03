//! Inks and sizes. All sizes are units of the figure (CSS pixels), multiples of 4 where they separate things.

use crate::{Color, Shading};

/// The ground a figure is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white.
    Light,
    /// Light ink on near black.
    Dark,
}

/// The colours of a theme.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inks {
    pub(crate) ground: Color,
    /// Under the data; a shade off the ground.
    pub(crate) panel: Color,
    pub(crate) grid: Color,
    pub(crate) axis: Color,
    /// Titles and labels.
    pub(crate) strong: Color,
    /// Tick labels and captions.
    pub(crate) soft: Color,
}

impl Theme {
    /// What data is shaded with unless told otherwise.
    pub fn shading(self) -> Shading {
        match self {
            Theme::Light => Shading::light(),
            Theme::Dark => Shading::dark(),
        }
    }

    /// Its inks on another ground: page and plot area are of that colour, the lines of the grid between it and the ink.
    pub(crate) fn inks_on(self, ground: Option<Color>) -> Inks {
        let inks = self.inks();
        match ground {
            None => inks,
            Some(ground) if ground.a == 0 => {
                Inks { ground, panel: ground, grid: Color { a: 60, ..inks.axis }, ..inks }
            }
            Some(ground) => {
                let ground = Color { a: 255, ..ground };
                Inks { ground, panel: ground, grid: ground.mix(inks.axis, 0.14), ..inks }
            }
        }
    }

    pub(crate) fn inks(self) -> Inks {
        match self {
            Theme::Light => Inks {
                ground: Color::hex(0xffffff),
                panel: Color::hex(0xffffff),
                grid: Color::hex(0xe9ebee),
                axis: Color::hex(0x6b7280),
                strong: Color::hex(0x14181f),
                soft: Color::hex(0x4b5563),
            },
            Theme::Dark => Inks {
                ground: Color::hex(0x101216),
                panel: Color::hex(0x0a0b0e),
                grid: Color::hex(0x23262d),
                axis: Color::hex(0x7d8590),
                strong: Color::hex(0xf0f2f5),
                soft: Color::hex(0xaab1bb),
            },
        }
    }
}

/// Space around everything.
pub(crate) const MARGIN: f32 = 16.0;
/// Space between a thing and the next.
pub(crate) const GAP: f32 = 8.0;
/// Length of a tick and of a minor tick.
pub(crate) const TICK: f32 = 5.0;
pub(crate) const MINOR_TICK: f32 = 3.0;
/// Space between a tick and its label.
pub(crate) const TICK_GAP: f32 = 4.0;
/// Type sizes.
pub(crate) const TITLE: f32 = 16.0;
pub(crate) const LABEL: f32 = 12.0;
pub(crate) const SMALL: f32 = 11.0;
/// Height of a line of small type.
pub(crate) const LEADING: f32 = 16.0;
/// Width of the colour bar, side of a legend's swatch.
pub(crate) const BAR: f32 = 12.0;
pub(crate) const SWATCH: f32 = 10.0;
