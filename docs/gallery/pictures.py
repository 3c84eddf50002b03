"""The pictures of the gallery. Each function is one: its first line says what it shows, its body is printed below it."""

import drypoint as dp
import numpy as np
from data import (
    attractor,
    events,
    fan,
    islands,
    photo,
    power,
    sheet,
    terrain,
    towns,
    visits,
    walks,
    year,
)


def points():
    """A point for each row

    The default: each colour is given to as many pixels as any other, and sparse dots are made larger until they are seen.
    """
    return dp.draw(
        towns(),
        x="x",
        y="y",
        title="Where they live",
        caption="200,000 people around five towns",
        x_label="kilometres east",
        y_label="kilometres north",
        width=640,
        height=420,
    )


def categories():
    """Colours by category

    `by` keeps the categories apart; colours of a pixel are mixed by how many of each fell there. A dict names the colours
    of some of them; `min_alpha` is how faint the emptiest pixel may be.
    """
    return dp.draw(
        towns(),
        x="x",
        y="y",
        color=dp.by("town"),
        cmap={"Alder": "#6a4c93", "Birch": "#003049", "Elm": "#f77f00"},
        min_alpha=90,
        width=640,
        height=420,
    )


def values():
    """A mean in each pixel

    `how` and `span` say which value has which colour; what lies beyond the span has the colour of its end.
    """
    return dp.draw(
        towns(),
        x="x",
        y="y",
        color=dp.mean("income"),
        cmap="viridis",
        how="linear",
        span=(30, 60),
        label="mean income",
        width=640,
        height=420,
    )


def series():
    """A series over time

    `mark="auto"` joins the rows by a line, because their time rises from each to the next. Ranges may be dates.
    """
    return dp.draw(
        year(),
        x="time",
        y="heat",
        mark="auto",
        x_range=("2024-03-01", "2024-06-01"),
        y_label="degrees",
        width=720,
        height=320,
    )


def zones():
    """Instants as the clocks of a time zone show them

    If the column has a zone, the axis has too: here clocks were set from two to three in the morning.
    """
    import pyarrow

    instants = np.datetime64("2024-03-30T20:00", "us") + np.arange(3000) * np.timedelta64(15, "s")
    time = pyarrow.array(instants, pyarrow.timestamp("us", tz="Europe/Berlin"))
    table = pyarrow.table({"time": time, "value": np.sin(np.arange(3000) / 200)})
    return dp.draw(table, x="time", y="value", mark="line", cmap="teal", width=640, height=280)


def groups():
    """Many lines, one for each value of a column

    The colour says how many of them pass a pixel.
    """
    return dp.draw(
        walks(), x="step", y="value", mark="line", group="walk", cmap="magma_r", width=640, height=360
    )


def layers():
    """Layers over each other

    All share the ranges of their axes. Each has its own colours, and its own bar, or a name beside its colour.
    """
    figure = dp.Figure(720, 420, title="Hills, a way, and who lives there")
    figure.raster(
        terrain(), extent=(0, 16, 0, 9), cmap=["#2d4739", "#a7c957", "#f2e8cf", "#ffffff"], label="metres"
    )
    figure.points(towns(40_000), "x", "y", cmap="crimson", alpha=150, spread=0, label="people")
    t = np.linspace(0, 16, 400)
    figure.line({"x": t, "y": 4.5 + 2 * np.sin(t * 0.7)}, "x", "y", cmap="black", spread=1, label="way")
    return figure


def annotations():
    """Lines, bands, words and arrows

    Their places are values of the axes: numbers or dates.
    """
    figure = dp.Figure(720, 360, y_label="degrees")
    figure.line(year(), "time", "heat", label="")
    figure.band(x=("2024-06-01", "2024-09-01"), color="#f4a261", label="summer")
    figure.hline(0, label="freezing", color="#1d6fb8")
    figure.vline("2024-03-20", label="equinox", width=2, dashed=False)
    figure.arrow(("2024-10-20", 24), ("2024-07-25", 22), "the warmest weeks")
    figure.text("2024-11-15", -6, "winter again", anchor="middle", size=14, color="#5a189a")
    return figure


def twin():
    """Two axes of y

    What is added to the twin has the axis on the right.
    """
    figure = dp.Figure(720, 360, title="Temperature and rain")
    axes = figure.axes(y_label="degrees")
    axes.line(year(), "time", "heat", cmap="#d1495b", label="temperature")
    axes.twin(y_label="millimetres since January", y_range=(0, 1000)).line(
        year(), "time", "rain", cmap="#00798c", label="rain"
    )
    return figure


def grid():
    """A grid of axes with one range

    All plot areas are of one size. Axes that share a range are labelled once, at the left and at the foot.
    """
    figure = dp.Figure(
        720, 520, rows=2, columns=2, share_x="all", share_y="all", title="Four ways to spread values"
    )
    for place, how in enumerate(("eq_hist", "linear", "log", "cbrt")):
        axes = figure.axes(place // 2, place % 2, title=how)
        axes.points(attractor(), "x", "y", how=how, spread=0, label="points")
    return figure


def apart():
    """A grid of axes with ranges of their own"""
    figure = dp.Figure(720, 520, rows=2, columns=2, share_x="columns", share_y="none")
    figure.axes(0, 0).line(year(), "time", "heat", cmap="#d1495b")
    figure.axes(1, 0).line(year(), "time", "rain", cmap="#00798c")
    figure.axes(0, 1, x_label="").points(towns(), "x", "income", label="people")
    figure.axes(1, 1, title="where").points(towns(), "x", "y", label="people")
    return figure


def facets():
    """One axes for each value of a column

    Drawn in one pass, with one range and one scale of colours.
    """
    return dp.draw(towns(), x="x", y="y", facet="town", facet_columns=3, spread=0, width=720, height=440)


def logarithms():
    """Logarithmic axes"""
    return dp.draw(
        events(), x="size", y="seconds", x_scale="log", y_scale="log", cmap="plasma_r", width=600, height=420
    )


def aspect():
    """Units of one length

    The plot area gives up width or height, so that a kilometre east is as long as one north.
    """
    figure = dp.Figure(640, 420, aspect="equal", x_range=(0, 16), y_range=(0, 9))
    return figure.raster(terrain(), extent=(0, 16, 0, 9), cmap="cividis", label="metres")


def dark():
    """The dark theme"""
    return dp.draw(
        attractor(), x="x", y="y", theme="dark", width=640, height=440, title="Clifford's attractor"
    )


def backgrounds():
    """Another ground, and no grid"""
    return dp.draw(
        walks(),
        x="step",
        y="value",
        mark="line",
        group="walk",
        background="#fdf6e3",
        grid=False,
        width=600,
        height=340,
    )


def transparent():
    """No ground at all

    For a page or a slide that has one.
    """
    return dp.draw(attractor(), x="x", y="y", background="transparent", cmap="crimson", width=480, height=340)


def letters():
    """Larger letters

    Margins and lines grow with them; the page keeps its size.
    """
    return dp.draw(towns(), x="x", y="y", font_size=20, title="For the last row", width=640, height=420)


def dense():
    """Twice the pixels for each unit

    `dpi=192` is the same as `scale=2`: text is as large as before, and sharper.
    """
    return dp.draw(attractor(), x="x", y="y", dpi=192, width=420, height=300, memory="8MB")


def colours():
    """An array of colours

    Red, green and blue, with opacity if there is a fourth; marks can lie over it.
    """
    figure = dp.Figure(600, 420, aspect="equal", grid=False, x_label="", y_label="")
    figure.raster(photo(), extent=(0, 6, 0, 4), origin="upper", method="area")
    return figure.text(4.0, 1.3, "sunset", color="black", anchor="middle")


def stream():
    """A stream of chunks

    Drawn in one pass, its ranges found on the way; nothing but a chunk and a picture is held.
    """

    def chunks():
        rng = np.random.default_rng(1)
        for hour in range(24):
            yield {"x": rng.normal(hour, 2, 20_000), "y": rng.normal(np.sin(hour / 3), 0.3, 20_000)}

    return dp.draw(chunks(), x="x", y="y", width=600, height=320)


def stacked():
    """Pictures laid over each other: light is added

    Without axes: aggregates are shaded by hand and stacked.
    """
    canvas = dp.Canvas(480, 320, x_range=(-4, 4), y_range=(-3, 3))
    rng = np.random.default_rng(2)
    images = []
    for turn, colour in ((0, "#ff3020"), (2.1, "#20e040"), (4.2, "#3050ff")):
        light = rng.normal((np.cos(turn), np.sin(turn)), 0.8, (600_000, 2))
        counts = canvas.points({"x": light[:, 0], "y": light[:, 1]}, "x", "y")
        images.append(counts.shade(["black", colour], "cbrt"))
    return dp.set_background(dp.stack(*images, how="add"), "black")


def spread():
    """Dots made larger, before and after shading

    Left: each dot as it falls. Middle: the aggregate spread, so that neighbours are added up. Right: the picture spread
    as far as dots stay apart.
    """
    canvas = dp.Canvas(200, 220, x_range=(0, 10), y_range=(0, 10))
    counts = canvas.points(towns(1200), "x", "y")
    figure = dp.Figure(720, 300, columns=3)
    for column, (title, shown) in enumerate(
        {
            "as it falls": counts.shade(),
            "spread(counts, 3)": dp.spread(counts, 3).shade(),
            "dynspread(image)": dp.dynspread(counts.shade(), threshold=0.8, max_px=4),
        }.items()
    ):
        axes = figure.axes(0, column, title=title, x_label="", y_label="")
        axes.raster(np.asarray(shown), extent=(0, 10, 0, 10), method="nearest")
    return figure


def masked():
    """Only where enough fell

    `mask` hides the other pixels, and leaves them out of the ranking of values.
    """
    canvas = dp.Canvas(480, 320, x_range=(0, 10), y_range=(0, 10))
    counts = canvas.points(towns(), "x", "y")
    return counts.shade("turbo", mask=np.asarray(counts) >= 3, background="white")


def strokes():
    """Lines with a width

    `line_width` is in units of the page; edges are antialiased. Without it lines are a pixel wide and counted exactly.
    """
    return dp.draw(
        walks(9, 120),
        x="step",
        y="value",
        mark="line",
        group="walk",
        color=dp.by("walk", dp.any()),
        line_width=1.6,
        label="",
        width=640,
        height=340,
    )


def steps():
    """Lines in steps, and spikes

    `step` says where the height changes, as in Matplotlib. Each spike goes from a base to its value.
    """
    figure = dp.Figure(640, 340, x_label="day", y_label="mm of rain, GWh of wind")
    figure.spikes(power(), "day", "rain", dp.any(), cmap=["#4477aa"], label="rain")
    figure.line(power(), "day", "wind", dp.any(), step="mid", line_width=1.8, cmap=["#cc3311"], label="wind")
    return figure


def areas():
    """Areas, each standing on those before

    A list of columns is stacked; `base` is what the first one stands on, a number or a column.
    """
    return dp.draw(
        power(),
        x="day",
        y=["water", "sun", "wind"],
        mark="area",
        base=0,
        cmap={"water": "#33658a", "sun": "#f6ae2d", "wind": "#86bbd8"},
        y_label="gigawatt hours",
        width=640,
        height=340,
    )


def polygons():
    """Polygons with holes

    From GeoParquet, GeoPandas, shapely, GeoArrow or lists of rings. Each pixel whose centre is inside gets the value;
    their outlines are lines of the same column.
    """
    figure = dp.Figure(640, 380, aspect="equal", x_label="", y_label="")
    figure.polygons(islands(), color=dp.max("people"), cmap="viridis", how="log", label="people")
    figure.line(islands(), geometry="geometry", color=dp.any(), line_width=1, cmap=["#222222"], label="")
    return figure


def histogram():
    """A histogram

    The bins are NumPy's, by number, by edges or by a rule; categories are stacked. A source is read once, or twice where
    the range has to be found.
    """
    return dp.draw(towns(), x="income", mark="histogram", bins=80, color=dp.by("town"), width=640, height=340)


def heatmap():
    """A table of categories

    Two columns of text, or of numbers in bins, in one pass; categories are in alphabetic order.
    """
    return dp.draw(visits(), x="hour", y="day", mark="heatmap", cmap="viridis", width=520, height=280)


def triangles():
    """Triangles

    Vertices with values, and the numbers of the three corners of each triangle; values between are interpolated.
    """
    figure = dp.Figure(480, 300, x_label="", y_label="")
    return figure.trimesh(*sheet(), cmap="viridis", label="height")


def quads():
    """Bent grids

    An array whose columns and rows are not straight: x and y of the centres, or of the corners, of its items.
    """
    figure = dp.Figure(480, 290, aspect="equal", x_label="km", y_label="km")
    return figure.quadmesh(*fan(), cmap="inferno", label="strength")
