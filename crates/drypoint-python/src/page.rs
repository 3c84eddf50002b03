//! A page around aggregates: what it says, how its layers are shaded. It is described first, laid out once the ranges of
//! its axes are known ([`Page`]), and then tells how large each layer is to be drawn.

use std::path::PathBuf;
use std::sync::Arc;

use drypoint_canvas::{Aggregate as Inner, Axis, AxisKind, Reduction, Scale};
use drypoint_figure::{
    Along, Annotation, AxesSpec, AxisSpec, Color, ColorKey, Content, Figure, FigureSpec, Format, KeySpec,
    Layout, Part, PictureKind, Pixels, Pixmap as Picture, Shaded, Theme, picture_bytes, shade_part,
};
use drypoint_memory::{MemoryConsumer, MemoryPool};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::aggregate::Aggregate;
use crate::annotation::Note;
use crate::error::CoreError;
use crate::mark::Mark;
use crate::memory::pool_within;
use crate::pixmap::Pixmap;
use crate::reduction;
use crate::shading::ShadingSpec;
use crate::watch::detached;
use crate::zone::zone_of;

/// A figure that is described.
#[pyclass(frozen, from_py_object, module = "drypoint._core")]
#[derive(Clone)]
pub(crate) struct PageSpec {
    width: u32,
    height: u32,
    title: Option<String>,
    caption: Option<String>,
    theme: String,
    scale: f64,
    zoom: f64,
    background: Option<Color>,
    axes: Vec<AxesArguments>,
    shared_key: bool,
    /// What all its layers and the page are taken from, if it has a budget of its own.
    pool: Option<MemoryPool>,
}

/// One plot area of it.
#[derive(Clone)]
struct AxesArguments {
    place: (usize, usize),
    title: Option<String>,
    /// Of x, y and the right axis.
    labels: [Option<String>; 3],
    aspect: Option<f64>,
    grid: bool,
    unlabelled: (bool, bool),
    /// Axes of one number along x, or along y, have one range there.
    groups: (usize, usize),
    /// Whether y was drawn with its sign turned, and is to be read downwards.
    y_downwards: bool,
    layers: Vec<LayerArguments>,
}

/// One layer of a plot area.
#[derive(Clone)]
struct LayerArguments {
    names: (String, String),
    /// `None`: a picture in its own colours.
    reduction: Option<Reduction>,
    /// What a count counts.
    counted: &'static str,
    /// Whether the mark makes planes by itself.
    in_layers: bool,
    label: Option<String>,
    shading: ShadingSpec,
    on_right: bool,
    /// The category that it shows alone.
    category: Option<String>,
}

type LayerTuple<'py> =
    (Option<Mark>, Option<Bound<'py, PyTuple>>, Option<String>, ShadingSpec, bool, Option<String>);

type AxesTuple<'py> = (
    (usize, usize),
    Option<String>,
    [Option<String>; 3],
    Option<f64>,
    bool,
    (bool, bool),
    (usize, usize),
    bool,
    Vec<LayerTuple<'py>>,
);

/// What the rows of one layer lie in, known before they are drawn.
#[pyclass(frozen, from_py_object, module = "drypoint._core")]
#[derive(Clone, Debug)]
pub(crate) struct Ranges {
    /// Of x and of y.
    pub(crate) axes: [Axis; 2],
    /// Whether they were told; then they are not widened for others.
    pub(crate) told: [bool; 2],
    /// The categories that are known.
    pub(crate) categories: Vec<String>,
}

#[pymethods]
impl Ranges {
    /// Those of an image, in plain numbers.
    #[new]
    fn new(
        x_range: (f64, f64),
        y_range: (f64, f64),
        x_scale: &str,
        y_scale: &str,
        told: [bool; 2],
        categories: Vec<String>,
    ) -> Self {
        let axis = |range, scale| {
            let scale = if scale == "log" { Scale::Log } else { Scale::Linear };
            Axis { pixels: 1, range, scale, kind: AxisKind::Number }
        };
        Self { axes: [axis(x_range, x_scale), axis(y_range, y_scale)], told, categories }
    }

    #[getter]
    fn x_range(&self) -> (f64, f64) {
        self.axes[0].range
    }

    #[getter]
    fn y_range(&self) -> (f64, f64) {
        self.axes[1].range
    }

    #[getter]
    fn categories(&self) -> Vec<String> {
        self.categories.clone()
    }
}

/// An axis that is widened for each layer, until one was told.
struct Union {
    axis: Option<(Axis, bool)>,
}

impl Union {
    fn add(&mut self, axis: &Axis, told: bool, name: &str) -> Result<(), CoreError> {
        let Some((held, was_told)) = &mut self.axis else {
            self.axis = Some((axis.clone(), told));
            return Ok(());
        };
        if held.scale != axis.scale {
            return Err(CoreError::Argument(format!(
                "layers and axes that share {name} need the same scale there"
            )));
        }
        if held.kind != axis.kind {
            return Err(CoreError::Argument(format!(
                "layers of one axes need the same kind of {name}: one has {}, another has {}",
                shown(&held.kind),
                shown(&axis.kind)
            )));
        }
        if told && !*was_told {
            (*held, *was_told) = (axis.clone(), true);
        } else if told == *was_told {
            held.range = (held.range.0.min(axis.range.0), held.range.1.max(axis.range.1));
        }
        Ok(())
    }

    /// Show a value, with a little more: a line on the edge is hard to see.
    fn reach(&mut self, value: f64) {
        const MORE: f64 = 0.04;
        if let Some((held, false)) = &mut self.axis
            && value.is_finite()
            && (held.scale == Scale::Linear || value > 0.0)
        {
            let (start, end) = held.range;
            let reached = |from: f64| match held.scale {
                Scale::Linear => value + (value - from) * MORE,
                Scale::Log => value * (value / from).powf(MORE),
            };
            if value < start {
                held.range.0 = reached(end);
            } else if value > end {
                held.range.1 = reached(start);
            }
        }
    }
}

fn shown(kind: &AxisKind) -> String {
    match kind {
        AxisKind::Number => "numbers".into(),
        AxisKind::Categories { .. } => "categories".into(),
        AxisKind::Time { unit, zone } => {
            drypoint_stream::DataType::Time { unit: *unit, zone: zone.clone() }.to_string()
        }
    }
}

impl PageSpec {
    fn theme(&self) -> Theme {
        if self.theme == "dark" { Theme::Dark } else { Theme::Light }
    }

    /// The budget of the figure.
    pub(crate) fn pool(&self) -> Option<&MemoryPool> {
        self.pool.as_ref()
    }

    /// Device pixels for each pixel of the page.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }

    /// Bytes that shading and writing will hold beside the aggregates.
    pub(crate) fn picture_bytes(&self) -> usize {
        let layers = || self.axes.iter().flat_map(|axes| &axes.layers);
        let colors = |layer: &LayerArguments| {
            let by = matches!(layer.reduction, None | Some(Reduction::By(..) | Reduction::Mode(_)));
            layer.category.is_none() && (by || layer.in_layers)
        };
        let plain = layers().count() <= 1 && layers().all(|layer| layer.shading.alpha() == 255);
        let kind = if plain && !layers().any(colors) && self.background.is_none_or(|color| color.a > 0) {
            PictureKind::Values
        } else {
            PictureKind::Categories
        };
        let (width, height) = (self.width as usize, self.height as usize);
        let pixels = ((width * height) as f64 * self.scale * self.scale) as usize;
        let (rows, columns) = self.grid();
        let more = layers().skip(1).map(|layer| if colors(layer) { 4 } else { 1 }).sum::<usize>();
        picture_bytes(width, height, self.scale, kind) + more * pixels / (rows * columns).max(1)
    }

    fn grid(&self) -> (usize, usize) {
        let end =
            |place: fn(&AxesArguments) -> usize| self.axes.iter().map(place).max().map_or(1, |last| last + 1);
        (end(|axes| axes.place.0), end(|axes| axes.place.1))
    }

    /// The page of one layer for axes of these ranges; `categories` are those that are known before it is drawn.
    pub(crate) fn layout(&self, x: &Axis, y: &Axis, categories: Vec<String>) -> Result<Layout, CoreError> {
        let ranges = Ranges { axes: [x.clone(), y.clone()], told: [true, true], categories };
        Ok(self.laid_out(&[vec![ranges]], &[Vec::new()])?.layout)
    }

    /// The page around a layer of each of these ranges.
    fn laid_out(&self, ranges: &[Vec<Ranges>], notes: &[Vec<Note>]) -> Result<Page, CoreError> {
        let (xs, ys, rights) = self.unions(ranges, notes)?;
        let spec = |axis: &Axis, label: Option<String>, downwards: bool| -> Result<AxisSpec, CoreError> {
            Ok(AxisSpec {
                range: if downwards { (-axis.range.1, -axis.range.0) } else { axis.range },
                scale: axis.scale,
                kind: axis.kind.clone(),
                label,
                downwards,
                zone: zone_of(axis)?,
            })
        };
        let mut axes = Vec::with_capacity(self.axes.len());
        for (place, told) in self.axes.iter().enumerate() {
            let name = |on_right: bool, pick: fn(&LayerArguments) -> &String| {
                let mut names: Vec<&str> = Vec::new();
                for name in told.layers.iter().filter(|layer| layer.on_right == on_right).map(pick) {
                    if !name.is_empty() && !names.contains(&name.as_str()) {
                        names.push(name);
                    }
                }
                // Of more than two columns none names the axis.
                (names.len() <= 2).then(|| names.join(", "))
            };
            let label = |index: usize, found: Option<String>| told.labels[index].clone().or(found);
            let empty = Axis { pixels: 1, range: (0.0, 1.0), scale: Scale::Linear, kind: AxisKind::Number };
            let x = xs[told.groups.0].as_ref().unwrap_or(&empty);
            let y = ys[told.groups.1].as_ref().unwrap_or(&empty);
            let keys = told
                .layers
                .iter()
                .zip(&ranges[place])
                .map(|(layer, ranges)| layer.key(&ranges.categories))
                .collect();
            let x_names = name(false, |layer| &layer.names.0).or_else(|| name(true, |layer| &layer.names.0));
            axes.push(AxesSpec {
                row: told.place.0,
                column: told.place.1,
                title: told.title.clone(),
                x: spec(x, label(0, x_names.filter(|names| !names.is_empty())), false)?,
                y: spec(y, label(1, name(false, |layer| &layer.names.1)), told.y_downwards)?,
                right: rights[place]
                    .as_ref()
                    .map(|right| spec(right, label(2, name(true, |layer| &layer.names.1)), false))
                    .transpose()?,
                aspect: told.aspect,
                grid: told.grid,
                unlabelled: told.unlabelled,
                keys,
            });
        }
        let layout = Layout::plan(&FigureSpec {
            width: self.width,
            height: self.height,
            scale: self.scale,
            zoom: self.zoom,
            theme: self.theme(),
            background: self.background,
            title: self.title.clone(),
            caption: self.caption.clone(),
            axes,
            shared_key: self.shared_key,
        })?;
        Ok(Page { spec: self.clone(), layout })
    }

    /// The axis along x of each group, along y of each group, and the right axis of each plot area.
    #[allow(clippy::type_complexity)]
    fn unions(
        &self,
        ranges: &[Vec<Ranges>],
        notes: &[Vec<Note>],
    ) -> Result<(Vec<Option<Axis>>, Vec<Option<Axis>>, Vec<Option<Axis>>), CoreError> {
        let count =
            |pick: fn(&AxesArguments) -> usize| self.axes.iter().map(pick).max().map_or(0, |last| last + 1);
        let new = |count: usize| (0..count).map(|_| Union { axis: None }).collect::<Vec<_>>();
        let (mut xs, mut ys) = (new(count(|axes| axes.groups.0)), new(count(|axes| axes.groups.1)));
        let mut rights = new(self.axes.len());
        for (place, (axes, ranges)) in self.axes.iter().zip(ranges).enumerate() {
            for (layer, found) in axes.layers.iter().zip(ranges) {
                xs[axes.groups.0].add(&found.axes[0], found.told[0], "x")?;
                let y = if layer.on_right { &mut rights[place] } else { &mut ys[axes.groups.1] };
                y.add(&found.axes[1], found.told[1], if layer.on_right { "right y" } else { "y" })?;
            }
        }
        for (place, (axes, notes)) in self.axes.iter().zip(notes).enumerate() {
            for note in notes {
                let kind = |along: Along| {
                    let union = match along {
                        Along::X => &xs[axes.groups.0],
                        Along::Y => &ys[axes.groups.1],
                        Along::Right => &rights[place],
                    };
                    union.axis.as_ref().map_or(AxisKind::Number, |(axis, _)| axis.kind.clone())
                };
                let Some((along, value)) = note.reach(kind)? else { continue };
                match along {
                    Along::X => xs[axes.groups.0].reach(value),
                    Along::Y if axes.y_downwards => {}
                    Along::Y => ys[axes.groups.1].reach(value),
                    Along::Right => rights[place].reach(value),
                }
            }
        }
        let axes =
            |unions: Vec<Union>| unions.into_iter().map(|union| union.axis.map(|(axis, _)| axis)).collect();
        Ok((axes(xs), axes(ys), axes(rights)))
    }
}

impl LayerArguments {
    /// What explains its colours.
    fn key(&self, categories: &[String]) -> KeySpec {
        let told = self.label.as_deref();
        let Some(reduction) = &self.reduction else {
            return KeySpec::None;
        };
        let by = (matches!(reduction, Reduction::By(..) | Reduction::Mode(_)) || self.in_layers)
            && self.category.is_none();
        let one =
            !by && (self.shading.is_flat() || (told.is_some() && matches!(reduction, Reduction::Any(_))));
        match told {
            Some("") => KeySpec::None,
            Some(label) if one => KeySpec::Entry { label: label.into() },
            None if self.shading.is_flat() && !by => KeySpec::None,
            _ => {
                let shown = match reduction {
                    // Of the category that is shown alone, what is folded in it.
                    Reduction::By(_, inner) if self.category.is_some() => inner,
                    reduction => reduction,
                };
                let label = told.map_or_else(|| reduction::label(shown, self.counted), str::to_string);
                match by {
                    true if self.in_layers && told.is_none() => {
                        KeySpec::Legend { title: None, names: categories.to_vec() }
                    }
                    true => KeySpec::Legend { title: Some(label), names: categories.to_vec() },
                    false => KeySpec::ColorBar { label: Some(label) },
                }
            }
        }
    }
}

#[pymethods]
impl PageSpec {
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        width: u32,
        height: u32,
        title: Option<String>,
        caption: Option<String>,
        theme: String,
        scale: f64,
        zoom: f64,
        background: Option<&str>,
        axes: Vec<AxesTuple<'_>>,
        shared_key: bool,
        memory: Option<&str>,
    ) -> PyResult<Self> {
        let pool = memory.map(|memory| pool_within(Some(memory), "drawing")).transpose()?;
        let background = background.map(Color::parse).transpose().map_err(CoreError::from)?;
        let axes = axes.into_iter().map(AxesArguments::read).collect::<PyResult<_>>()?;
        Ok(Self { width, height, title, caption, theme, scale, zoom, background, axes, shared_key, pool })
    }

    /// Lay it out around layers of these ranges.
    fn lay_out(&self, py: Python<'_>, ranges: Vec<Vec<Ranges>>, notes: Vec<Vec<Note>>) -> PyResult<Page> {
        detached(py, || self.laid_out(&ranges, &notes))
    }

    /// The page that an aggregate was drawn for.
    fn around(&self, aggregate: &Aggregate) -> PyResult<Page> {
        let layout = aggregate
            .layout
            .clone()
            .ok_or_else(|| CoreError::Argument("this aggregate was not drawn for a page".into()))?;
        Ok(Page { spec: self.clone(), layout })
    }
}

impl AxesArguments {
    fn read(told: AxesTuple<'_>) -> PyResult<Self> {
        let (place, title, labels, aspect, grid, unlabelled, groups, y_downwards, layers) = told;
        let layers = layers
            .into_iter()
            .map(|(mark, reduction, label, shading, on_right, category)| {
                let reduction = reduction.as_ref().map(reduction::read).transpose()?;
                let (names, counted) = match &mark {
                    Some(mark) => ((mark.x().to_string(), mark.y().to_string()), mark.get().counted()),
                    None => Default::default(),
                };
                let in_layers = mark.is_some_and(|mark| !mark.get().layers().is_empty());
                Ok(LayerArguments {
                    names,
                    reduction,
                    counted,
                    in_layers,
                    label,
                    shading,
                    on_right,
                    category,
                })
            })
            .collect::<PyResult<_>>()?;
        Ok(Self { place, title, labels, aspect, grid, unlabelled, groups, y_downwards, layers })
    }
}

/// A figure that is laid out.
#[pyclass(frozen, module = "drypoint._core")]
pub(crate) struct Page {
    spec: PageSpec,
    layout: Layout,
}

/// What a layer shows.
#[derive(FromPyObject)]
enum Drawn<'py> {
    Aggregate(PyRef<'py, Aggregate>),
    Picture(PyRef<'py, Pixmap>),
}

/// The same without the interpreter.
enum Shown {
    Aggregate(Arc<Inner>, MemoryConsumer),
    Picture(Arc<Picture>, MemoryConsumer),
}

impl Shown {
    fn of(drawn: &Drawn<'_>) -> Self {
        match drawn {
            Drawn::Aggregate(aggregate) => {
                Self::Aggregate(aggregate.inner.clone(), aggregate.consumer.clone())
            }
            Drawn::Picture(pixmap) => Self::Picture(pixmap.inner.clone(), pixmap.consumer.clone()),
        }
    }
}

impl Page {
    fn shaded(&self, axes: usize, layer: usize, shown: &Shown) -> Result<Shaded, CoreError> {
        let told = &self.spec.axes[axes].layers[layer];
        match shown {
            Shown::Aggregate(inner, consumer) => {
                let (theme, scale) = (self.spec.theme.as_str(), self.spec.scale);
                let Some(category) = &told.category else {
                    let shading = told.shading.of(inner, theme, scale)?;
                    return Ok(shade_part(inner, Part::default(), &shading, consumer)?);
                };
                match inner.categories.iter().position(|known| known == category) {
                    Some(plane) => {
                        let part = Part { mask: None, plane: Some(plane) };
                        let shading = told.shading.of_categories(None, theme, scale)?;
                        Ok(shade_part(inner, part, &shading, consumer)?)
                    }
                    None => empty(inner, consumer),
                }
            }
            Shown::Picture(picture, consumer) => {
                let mut pixmap = copied(picture, consumer)?;
                pixmap.fade(told.shading.alpha());
                Ok(Shaded { pixmap, key: ColorKey::Empty })
            }
        }
    }

    fn figure(&self, layers: &[Vec<Shown>], notes: &[Vec<Note>]) -> Result<Figure, CoreError> {
        let mut contents = Vec::with_capacity(layers.len());
        for (axes, (layers, notes)) in layers.iter().zip(notes).enumerate() {
            let layers = (layers.iter().enumerate())
                .map(|(layer, shown)| self.shaded(axes, layer, shown))
                .collect::<Result<_, _>>()?;
            let spec = &self.layout.spec().axes[axes];
            let annotations: Vec<Annotation> =
                notes.iter().map(|note| note.on(spec)).collect::<Result<_, _>>()?;
            contents.push(Content { layers, annotations });
        }
        Ok(self.layout.compose_all(contents)?)
    }

    /// The account that the page is taken from: that of the first layer.
    fn consumer(&self, layers: &[Vec<Shown>]) -> Result<MemoryConsumer, CoreError> {
        let first = layers.iter().flatten().next().map(|shown| match shown {
            Shown::Aggregate(_, consumer) | Shown::Picture(_, consumer) => consumer.clone(),
        });
        first.map_or_else(|| Ok(pool_within(None, "drawing")?.consumer("picture")), Ok)
    }
}

/// A picture of a category of which nothing fell on the canvas.
fn empty(inner: &Inner, consumer: &MemoryConsumer) -> Result<Shaded, CoreError> {
    let (width, height) = (inner.width(), inner.height());
    let pixels =
        Pixels::Indexed { palette: vec![Color::TRANSPARENT], indices: consumer.zeroed(width * height)? };
    Ok(Shaded { pixmap: Picture { width, height, pixels }, key: ColorKey::Empty })
}

fn copied(picture: &Picture, consumer: &MemoryConsumer) -> Result<Picture, CoreError> {
    let mut rgba = consumer.buffer::<u8>(4 * picture.width * picture.height)?;
    picture.to_rgba(&mut rgba);
    Ok(Picture { width: picture.width, height: picture.height, pixels: Pixels::Rgba(rgba) })
}

fn all_shown(layers: &[Vec<Drawn<'_>>]) -> Vec<Vec<Shown>> {
    layers.iter().map(|layers| layers.iter().map(Shown::of).collect()).collect()
}

impl Page {
    /// The canvas of a layer: width and height in pixels, the ranges of x and of y.
    #[allow(clippy::type_complexity)]
    pub(crate) fn canvas_of(&self, axes: usize, layer: usize) -> (usize, usize, (f64, f64), (f64, f64)) {
        let (width, height) = self.layout.data_pixels(axes);
        let spec = &self.layout.spec().axes[axes];
        let right = spec.right.as_ref().filter(|_| self.spec.axes[axes].layers[layer].on_right);
        let y = right.unwrap_or(&spec.y);
        let y_range = if y.downwards { (-y.range.1, -y.range.0) } else { y.range };
        (width, height, spec.x.range, y_range)
    }
}

#[pymethods]
impl Page {
    /// The canvas of a layer: width and height in pixels, the ranges of x and of y.
    #[allow(clippy::type_complexity)]
    fn canvas(&self, axes: usize, layer: usize) -> (usize, usize, (f64, f64), (f64, f64)) {
        self.canvas_of(axes, layer)
    }

    /// One layer alone.
    fn shade(&self, py: Python<'_>, axes: usize, layer: usize, drawn: Drawn<'_>) -> PyResult<Pixmap> {
        let shown = Shown::of(&drawn);
        let shaded = detached(py, || self.shaded(axes, layer, &shown))?;
        match &shown {
            Shown::Aggregate(_, consumer) | Shown::Picture(_, consumer) => {
                Ok(Pixmap::new(shaded.pixmap, consumer))
            }
        }
    }

    /// The page in a format by its name.
    fn bytes<'py>(
        &self,
        py: Python<'py>,
        layers: Vec<Vec<Drawn<'py>>>,
        notes: Vec<Vec<Note>>,
        format: &str,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let shown = all_shown(&layers);
        let bytes = detached(py, || {
            let format = Format::from_name(format)?; // before the picture is made
            let mut bytes = Vec::new();
            self.figure(&shown, &notes)?.write(format, &mut bytes, &self.consumer(&shown)?)?;
            Ok(bytes)
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The page as a file, by the name's end or in the format of a name.
    fn save(
        &self,
        py: Python<'_>,
        layers: Vec<Vec<Drawn<'_>>>,
        notes: Vec<Vec<Note>>,
        path: PathBuf,
        format: Option<&str>,
    ) -> PyResult<()> {
        let shown = all_shown(&layers);
        detached(py, || {
            let format = format.map_or_else(|| Format::from_path(&path), Format::from_name)?;
            Ok(self.figure(&shown, &notes)?.save_as(format, &path, &self.consumer(&shown)?)?)
        })
    }
}
