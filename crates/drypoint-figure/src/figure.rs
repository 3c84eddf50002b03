//! The page: a layout with its data, as one display list.

use std::sync::Arc;

use crate::axis::{snap, text};
use crate::display::{DisplayItem, Rect};
use crate::key;
use crate::theme::MARGIN;
use crate::{Color, FigureError, Layout, Pixmap, Result, Shaded};

/// A finished figure, ready to be written.
#[derive(Debug, Clone)]
pub struct Figure {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) scale: f64,
    pub(crate) title: Option<String>,
    /// `None` for a bare picture, whose empty pixels stay transparent.
    pub(crate) ground: Option<Color>,
    pub(crate) items: Vec<DisplayItem>,
}

impl Layout {
    /// Put the data in its place.
    ///
    /// # Errors
    /// [`FigureError::Mismatch`] if the picture is not [`Layout::data_pixels`] large.
    pub fn compose(&self, shaded: Shaded) -> Result<Figure> {
        let found = (shaded.pixmap.width, shaded.pixmap.height);
        if found != self.data_pixels() {
            return Err(FigureError::Mismatch { expected: self.data_pixels(), found });
        }
        let (spec, data) = (&self.spec, self.data);
        let (width, height) = (spec.width as f32, spec.height as f32);
        let inks = spec.theme.inks();
        let mut items = Vec::new();
        let mut fill = |rect, color| items.push(DisplayItem::Rect { rect, color });
        fill(Rect { x: 0.0, y: 0.0, width, height }, inks.ground);
        if inks.panel != inks.ground {
            fill(data, inks.panel);
        }
        for at in self.x.grid() {
            fill(
                Rect { x: snap(data.x, data.width, at), y: data.y, width: 1.0, height: data.height },
                inks.grid,
            );
        }
        for at in self.y.grid() {
            let y = snap(data.bottom(), -data.height, at);
            fill(Rect { x: data.x, y, width: data.width, height: 1.0 }, inks.grid);
        }
        items.push(DisplayItem::Image { rect: data, pixmap: Arc::new(shaded.pixmap) });
        self.x.draw(&spec.x, data, &inks, data.right(), &mut items);
        self.y.draw(&spec.y, data, &inks, MARGIN, &mut items);
        key::draw(&spec.key, &shaded.key, self.key, data, &inks, &mut items);
        if let Some(line) = &self.title {
            items.push(text(line.clone(), MARGIN, MARGIN + line.cap_height(), inks.strong));
        }
        if let Some(line) = &self.caption {
            items.push(text(line.clone(), MARGIN, height - MARGIN, inks.soft));
        }
        let title = self.title.as_ref().map(|line| line.text.clone());
        Ok(Figure { width, height, scale: spec.scale, title, ground: Some(inks.ground), items })
    }
}

impl Figure {
    /// A picture without axes, one unit for each pixel divided by `scale`.
    pub fn bare(pixmap: Pixmap, scale: f64) -> Self {
        let (width, height) = ((pixmap.width as f64 / scale) as f32, (pixmap.height as f64 / scale) as f32);
        let rect = Rect { x: 0.0, y: 0.0, width, height };
        let items = vec![DisplayItem::Image { rect, pixmap: Arc::new(pixmap) }];
        Self { width, height, scale, title: None, ground: None, items }
    }

    /// What it consists of, in the order it is drawn.
    pub fn items(&self) -> &[DisplayItem] {
        &self.items
    }

    /// Width and height in device pixels.
    pub fn pixels(&self) -> (usize, usize) {
        if let Some(pixmap) = self.bare_pixmap() {
            return (pixmap.width, pixmap.height);
        }
        let device = |units: f32| (f64::from(units) * self.scale).round() as usize;
        (device(self.width), device(self.height))
    }

    /// The picture, if the figure is nothing else.
    pub(crate) fn bare_pixmap(&self) -> Option<&Pixmap> {
        match (self.ground, self.items.as_slice()) {
            (None, [DisplayItem::Image { pixmap, .. }]) => Some(pixmap),
            _ => None,
        }
    }

    /// The picture of the data.
    pub fn pixmap(&self) -> Option<&Pixmap> {
        self.items.iter().find_map(|item| match item {
            DisplayItem::Image { pixmap, .. } => Some(pixmap.as_ref()),
            _ => None,
        })
    }
}
