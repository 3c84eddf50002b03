"""Shading, spreading and stacking against what Datashader gave for the same cells (see `record_datashader.py`)."""

from pathlib import Path

import drypoint as dp
import numpy as np
import pytest
from figure import pictures

RECORDED = np.load(Path(__file__).with_name("datashader.npz"))

#: One of 200 levels, and the rounding of both.
LEVEL = 255 / 200 + 1


def aggregate_of(cells):
    """An aggregate with just these cells."""
    height, width = cells.shape
    canvas = dp.Canvas(width, height, x_range=(0, width), y_range=(0, height))
    y, x = np.indices(cells.shape) + 0.5
    if cells.dtype.kind == "u":
        times = cells.ravel()
        return canvas.points({"x": np.repeat(x.ravel(), times), "y": np.repeat(y.ravel(), times)}, "x", "y")
    here = ~np.isnan(cells)
    return canvas.points({"x": x[here], "y": y[here], "v": cells[here]}, "x", "y", dp.first("v"))


@pytest.mark.parametrize("name", [name for name in RECORDED if name.startswith("shade")])
def test_values_have_their_place_among_the_colours(name):
    _, field, how, rescale = name.split()
    cells = pictures.fields()[field]
    with aggregate_of(cells) as aggregate:
        np.testing.assert_array_equal(aggregate, cells)
        image = aggregate.shade(pictures.CMAP, how, rescale_discrete_levels=rescale == "True")
        ours, theirs = np.asarray(image).astype(int), RECORDED[name].astype(int)
    np.testing.assert_array_equal(ours[..., 3], theirs[..., 3])
    seen = theirs[..., 3] > 0
    assert seen.any()
    assert np.abs(ours[seen] - theirs[seen]).max() <= LEVEL


@pytest.mark.parametrize(
    "name", [name for name in RECORDED if name.startswith("shade") and "eq_hist" in name]
)
def test_ranks_are_datashaders(name):
    _, field, how, rescale = name.split()
    with aggregate_of(pictures.fields()[field]) as aggregate:
        image = aggregate.shade(pictures.CMAP, how, rescale_discrete_levels=rescale == "True")
        ours, theirs = np.asarray(image)[..., 0].astype(int), RECORDED[name]
    seen = theirs[..., 3] > 0
    ours, theirs = ours[seen], theirs[..., 0][seen].astype(int)
    order = np.argsort(theirs, kind="stable")
    # What Datashader puts higher by more than its own rounding is nowhere lower here.
    highest = np.maximum.accumulate(ours[order])
    below = np.searchsorted(theirs[order], theirs[order] - 2, side="right") - 1
    assert (ours[order][below >= 0] >= highest[below[below >= 0]]).all()


@pytest.mark.parametrize("name", [name for name in RECORDED if name.startswith("spread")])
def test_spread_cells(name):
    _, field, px, shape, how = name.split()
    with aggregate_of(pictures.dots()[field]) as aggregate:
        grown = dp.spread(aggregate, int(px), shape, how)
        assert (grown.rows, grown.reduction) == (aggregate.rows, aggregate.reduction)
        np.testing.assert_allclose(grown, RECORDED[name], rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in RECORDED if name.startswith("dynspread")])
def test_dynspread_goes_as_far(name):
    _, field, threshold, most = name.split()
    with aggregate_of(pictures.dots()[field]) as aggregate:
        grown = dp.dynspread(aggregate, float(threshold), int(most))
        np.testing.assert_allclose(grown, RECORDED[name], rtol=1e-12)
        # A picture of the same dots goes as far.
        image = dp.dynspread(aggregate.shade("red"), float(threshold), int(most))
        np.testing.assert_array_equal(np.asarray(image)[::-1, :, 3] > 0, np.nan_to_num(RECORDED[name]) != 0)


def image_of(pixels):
    return dp.Canvas(pixels.shape[1], pixels.shape[0]).image(pixels, method="nearest")


@pytest.mark.parametrize("how", ["over", "add", "saturate", "source"])
def test_stack(how):
    images = [image_of(pixels) for pixels in pictures.layers()]
    for image, pixels in zip(images, pictures.layers(), strict=True):
        seen = pixels[..., 3] > 0
        np.testing.assert_array_equal(np.asarray(image)[seen], pixels[seen])
    ours, theirs = np.asarray(dp.stack(*images, how=how)).astype(int), RECORDED[f"stack {how}"].astype(int)
    seen = theirs[..., 3] > 0
    # Datashader cuts sums off, twice where two pictures lie over a third; colours of faint pixels are divided by little.
    assert np.abs(ours - theirs)[..., 3].max() <= 2
    sure = seen & (theirs[..., 3] > 40)
    assert np.abs(ours - theirs)[sure].max() <= 12 and np.abs(ours - theirs)[sure].mean() < 1.5
