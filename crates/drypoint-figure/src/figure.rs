//! The page: a layout with its data, as one display list.

use std::sync::Arc;

use crate::axis::{snap, text};
use crate::display::{DisplayItem, Rect};
use crate::key;
use crate::layout::AxesLayout;
use crate::theme::{GAP, Inks, MARGIN};
use crate::{Annotation, AxesSpec, Color, ColorKey, FigureError, Layout, Pixmap, Result, Shaded};

/// What one plot area shows.
#[derive(Debug)]
pub struct Content {
    /// Its layers, the lowest first; as many as the axes have keys.
    pub layers: Vec<Shaded>,
    /// What stands on it besides data.
    pub annotations: Vec<Annotation>,
}

/// A finished figure, ready to be written.
#[derive(Debug, Clone)]
pub struct Figure {
    /// In units of the layout.
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Device pixels for each unit.
    pub(crate) scale: f64,
    /// CSS pixels for each unit.
    pub(crate) unit: f64,
    pub(crate) title: Option<String>,
    /// `None` where empty pixels stay transparent.
    pub(crate) ground: Option<Color>,
    pub(crate) items: Vec<DisplayItem>,
}

impl Layout {
    /// Put the data of the only axes in its place: one layer, and nothing on it.
    ///
    /// # Errors
    /// As of [`Layout::compose_all`].
    pub fn compose(&self, shaded: Shaded) -> Result<Figure> {
        self.compose_all(vec![Content { layers: vec![shaded], annotations: Vec::new() }])
    }

    /// Put the data of all axes in its place.
    ///
    /// # Errors
    /// [`FigureError::Mismatch`] if a picture is not [`Layout::data_pixels`] large, [`FigureError::LayerCount`] if there
    /// are not as many layers as keys were planned.
    pub fn compose_all(&self, contents: Vec<Content>) -> Result<Figure> {
        let spec = &self.spec;
        for (axes, (planned, content)) in spec.axes.iter().zip(&contents).enumerate() {
            let (expected, found) = (planned.keys.len(), content.layers.len());
            if expected != found {
                return Err(FigureError::LayerCount { axes, expected, found });
            }
            let expected = self.data_pixels(axes);
            for layer in &content.layers {
                let found = (layer.pixmap.width, layer.pixmap.height);
                if found != expected {
                    return Err(FigureError::Mismatch { expected, found });
                }
            }
        }
        if contents.len() != spec.axes.len() {
            let (expected, found) = (spec.axes.len(), contents.len());
            return Err(FigureError::LayerCount { axes: expected.min(found), expected, found });
        }
        let inks = spec.theme.inks_on(spec.background);
        let page = Rect { x: 0.0, y: 0.0, width: self.width, height: self.height };
        let mut items = Vec::new();
        if inks.ground.a > 0 {
            items.push(DisplayItem::Rect { rect: page, color: inks.ground });
        }
        let mut shared = None;
        for ((axes, planned), content) in self.axes.iter().zip(&spec.axes).zip(contents) {
            let keys = axes.draw(planned, content, &inks, spec.shared_key, &mut items);
            shared.get_or_insert(keys);
        }
        if let (Some(room), Some(keys)) = (self.key, shared) {
            key::draw(&spec.axes[0].keys, &keys, room, &inks, &mut items);
        }
        if let Some(line) = &self.title {
            items.push(text(line.clone(), MARGIN, MARGIN + line.cap_height(), inks.strong));
        }
        if let Some(line) = &self.caption {
            items.push(text(line.clone(), MARGIN, self.height - MARGIN, inks.soft));
        }
        Ok(Figure {
            width: self.width,
            height: self.height,
            scale: self.unit(),
            unit: spec.zoom,
            title: self.title.as_ref().map(|line| line.text.clone()),
            ground: (inks.ground.a > 0).then_some(inks.ground),
            items,
        })
    }
}

impl AxesLayout {
    /// Everything of one plot area; what explains its layers.
    fn draw(
        &self,
        spec: &AxesSpec,
        content: Content,
        inks: &Inks,
        shared_key: bool,
        items: &mut Vec<DisplayItem>,
    ) -> Vec<ColorKey> {
        let data = self.data;
        let mut fill = |rect, color| items.push(DisplayItem::Rect { rect, color });
        if inks.panel != inks.ground {
            fill(data, inks.panel);
        }
        for at in self.x.grid().filter(|_| spec.grid) {
            fill(
                Rect { x: snap(data.x, data.width, at), y: data.y, width: 1.0, height: data.height },
                inks.grid,
            );
        }
        for at in self.y.grid().filter(|_| spec.grid) {
            let y = snap(data.bottom(), -data.height, at);
            fill(Rect { x: data.x, y, width: data.width, height: 1.0 }, inks.grid);
        }
        let (below, above): (Vec<Annotation>, Vec<Annotation>) =
            content.annotations.into_iter().partition(Annotation::is_below);
        below.iter().for_each(|annotation| annotation.draw(spec, data, inks, items));
        let mut keys = Vec::with_capacity(content.layers.len());
        for layer in content.layers {
            items.push(DisplayItem::Image { rect: data, pixmap: Arc::new(layer.pixmap) });
            keys.push(layer.key);
        }
        above.iter().for_each(|annotation| annotation.draw(spec, data, inks, items));
        self.x.draw(&spec.x, data, inks, data.right(), items);
        self.y.draw(&spec.y, data, inks, self.label_x.0, items);
        if let (Some(right), Some(axis)) = (&self.right, &spec.right) {
            right.draw_right(axis, data, inks, self.label_x.1, items);
        }
        if let Some(line) = &self.title {
            items.push(text(line.clone(), data.x, data.y - GAP, inks.strong));
        }
        if !shared_key {
            key::draw(&spec.keys, &keys, self.key, inks, items);
        }
        keys
    }
}

impl Figure {
    /// A picture without axes, one unit for each pixel divided by `scale`.
    pub fn bare(pixmap: Pixmap, scale: f64) -> Self {
        Self::bare_shared(Arc::new(pixmap), scale)
    }

    /// The same of a picture that others hold too.
    pub fn bare_shared(pixmap: Arc<Pixmap>, scale: f64) -> Self {
        let (width, height) = ((pixmap.width as f64 / scale) as f32, (pixmap.height as f64 / scale) as f32);
        let rect = Rect { x: 0.0, y: 0.0, width, height };
        let items = vec![DisplayItem::Image { rect, pixmap }];
        Self { width, height, scale, unit: 1.0, title: None, ground: None, items }
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

    /// The pictures of the data, the lowest first.
    pub fn pixmaps(&self) -> impl Iterator<Item = &Arc<Pixmap>> {
        self.items.iter().filter_map(|item| match item {
            DisplayItem::Image { pixmap, .. } => Some(pixmap),
            _ => None,
        })
    }

    /// The first picture of the data.
    pub fn pixmap(&self) -> Option<&Pixmap> {
        self.pixmaps().next().map(Arc::as_ref)
    }
}
