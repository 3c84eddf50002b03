"""What Datashader's shading gives for the pictures of `pictures.py`, kept in `datashader.npz` so that the tests need not
have it: run `python tests/figure/record_datashader.py` where datashader is installed (recorded with 0.19.1)."""

from pathlib import Path

import numpy as np
import pictures
import xarray
from datashader import transfer_functions as tf


def labelled(cells):
    return xarray.DataArray(cells, dims=["y", "x"])


def rgba(image):
    """Straight RGBA with row 0 at the top, as ours."""
    return np.asarray(image.data)[::-1].view("u1").reshape(*image.shape, 4)


def main():
    kept = {}
    for name, cells in pictures.fields().items():
        for how in ("eq_hist", "linear", "log", "cbrt"):
            for rescale in (False, True):
                if rescale and how != "eq_hist":
                    continue
                agg = labelled(cells)
                image = tf.shade(
                    agg, cmap=pictures.CMAP, how=how, rescale_discrete_levels=rescale, min_alpha=255
                )
                kept[f"shade {name} {how} {rescale}"] = rgba(image)
    dots = {name: labelled(cells) for name, cells in pictures.dots().items()}
    for name, cells in dots.items():
        for px, shape, how in pictures.SPREADS:
            kept[f"spread {name} {px} {shape} {how}"] = tf.spread(cells, px, shape=shape, how=how).values
        for threshold, most in pictures.DYNSPREADS:
            kept[f"dynspread {name} {threshold} {most}"] = tf.dynspread(cells, threshold, most).values
    images = [tf.Image(pixels.view("u4")[..., 0], dims=["y", "x"]) for pixels in pictures.layers()]
    for how in ("over", "add", "saturate", "source"):
        kept[f"stack {how}"] = tf.stack(*images, how=how).values.view("u1").reshape(*images[0].shape, 4)
    np.savez_compressed(Path(__file__).with_name("datashader.npz"), **kept)


if __name__ == "__main__":
    main()
