"""`Canvas.image`: colours, their opacity, their places, and errors."""

import drypoint as dp
import numpy as np
import pytest


def test_colours_are_the_means_of_theirs():
    photo = np.random.default_rng(1).integers(0, 256, (120, 160, 3)).astype("u1")
    found = np.asarray(dp.Canvas(40, 30).image(photo))
    mean = photo.reshape(30, 4, 40, 4, 3).mean((1, 3))
    np.testing.assert_array_equal(found[..., :3], np.floor(mean + 0.5))
    assert (found[..., 3] == 255).all()


@pytest.mark.parametrize("method", ["nearest", "max", "min", "area", "bilinear"])
def test_each_band_is_drawn_as_an_array_of_its_own(method):
    photo = np.random.default_rng(1).integers(0, 256, (50, 61, 3)).astype("u1")
    canvas = dp.Canvas(23, 31, x_range=(-5, 50), y_range=(3, 60))
    found = np.asarray(canvas.image(photo, method=method))
    for band in range(3):
        expected = np.asarray(canvas.raster(photo[..., band], method=method))[::-1]
        there = ~np.isnan(expected)
        np.testing.assert_array_equal(found[..., band][there], np.floor(expected[there] + 0.5))
        np.testing.assert_array_equal(found[..., 3], np.where(there, 255, 0))


def test_the_same_size_is_the_same_picture():
    random = np.random.default_rng(2)
    for bands in (1, 3, 4):
        photo = random.integers(0, 256, (33, 44, bands)).astype("u1")
        for method in ("area", "nearest"):
            found = np.asarray(dp.Canvas(44, 33).image(photo, method=method))
            if bands == 4 and method == "area":
                clear = photo[..., 3] == 0  # has no colour
                photo[clear] = 0
                found = found.copy()
            np.testing.assert_array_equal(found[..., :bands], photo)
    grey = random.integers(0, 256, (33, 44)).astype("u1")
    np.testing.assert_array_equal(np.asarray(dp.Canvas(44, 33).image(grey))[..., 1], grey)


def test_means_of_opacity_are_means_of_what_is_seen():
    photo = np.array([[[200, 100, 0, 255], [0, 0, 255, 0]]], "u1")  # the second cannot be seen
    assert np.asarray(dp.Canvas(1, 1).image(photo))[0, 0].tolist() == [200, 100, 0, 128]


def test_chunked_colours(tmp_path):
    photo = np.random.default_rng(3).integers(0, 256, (200, 150, 3)).astype("u1")
    expected = np.asarray(dp.Canvas(37, 41).image(photo))
    compressed = dp.compress(photo, chunks=(64, 64, 3))
    np.testing.assert_array_equal(dp.Canvas(37, 41).image(compressed), expected)


def test_the_picture_is_written(tmp_path):
    from PIL import Image

    photo = np.random.default_rng(4).integers(0, 256, (30, 40, 3)).astype("u1")
    dp.Canvas(40, 30).image(photo).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), photo)
    picture = Image.fromarray(photo)
    np.testing.assert_array_equal(np.asarray(dp.Canvas(40, 30).image(picture))[..., :3], photo)


@pytest.mark.parametrize(
    ("array", "options", "words"),
    [
        (np.zeros((5, 5, 2), "u1"), {}, "2 bands"),
        (np.zeros((5, 5, 3), "f4"), {}, "uint8"),
        (np.zeros((5, 5, 3, 3), "u1"), {}, "4 dimensions"),
        (np.zeros((5, 5, 3), "u1"), {"method": "mode"}, "mode"),
        (iter([np.zeros((5, 5, 3), "u1")]), {}, "shape"),
    ],
)
def test_what_is_no_picture_is_said(array, options, words):
    with pytest.raises((dp.UnsupportedData, dp.BadArgument), match=words):
        dp.Canvas(2, 2).image(array, **options)
