"""`dp.write_frames`: round trips, films that appear whole or not at all, and errors."""

import os

import drypoint as dp
import numpy as np
import pytest
from frames.test_frames import picture


@pytest.mark.parametrize("backend", ["pyav", "opencv"])
@pytest.mark.parametrize("shape", [(48, 64, 3), (47, 63, 3), (48, 64)])
def test_a_video_comes_back_about_as_it_was(tmp_path, backend, shape):
    made = [picture(number, (*shape[:2], 3)) for number in range(10)]
    made = [frame[..., 0] for frame in made] if len(shape) == 2 else made
    path = dp.write_frames(tmp_path / "a.mp4", iter(made), fps=12.5, backend=backend, quality=95)
    assert path == str(tmp_path / "a.mp4")
    frames = dp.frames(path, color="gray" if len(shape) == 2 else "rgb")
    assert (len(frames), frames.fps) == (10, 12.5)
    for expected, frame in zip(made, frames, strict=True):
        found = frame[: shape[0], : shape[1]]
        assert np.abs(found.astype(int) - expected).mean() < 6


def test_a_gif_of_few_colours_comes_back_exactly(tmp_path):
    random = np.random.default_rng(3)
    colors = random.integers(0, 256, (40, 3)).astype("u1")
    made = [colors[random.integers(0, 40, (30, 50))] for _ in range(7)]
    path = dp.write_frames(tmp_path / "a.gif", iter(made), fps=30)
    frames = dp.frames(path)
    assert (len(frames), frames.shape) == (7, (30, 50, 3))
    for expected, frame in zip(made, frames, strict=True):
        np.testing.assert_array_equal(frame, expected)
    from PIL import Image, ImageSequence

    with Image.open(path) as image:
        assert image.info["loop"] == 0
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
    assert sum(durations) == 230  # 7 / 30 s


def test_a_grey_gif_comes_back_exactly(tmp_path):
    made = [np.random.default_rng(n).integers(0, 256, (30, 50)).astype("u1") for n in range(3)]
    path = dp.write_frames(tmp_path / "a.gif", made, loop=4)
    for expected, frame in zip(made, dp.frames(path, color="gray"), strict=True):
        np.testing.assert_array_equal(frame, expected)


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_png_files_come_back_exactly(tmp_path, bands):
    from PIL import Image

    made = [np.random.default_rng(n).integers(0, 256, (30, 50, bands)).astype("u1") for n in range(12)]
    for target, names in ((tmp_path / "film", "frame_%04d.png"), (tmp_path / "shot%d.png", "shot%d.png")):
        path = dp.write_frames(target, iter(made))
        folder = path if "%" not in path else tmp_path
        for number, expected in enumerate(made):
            with Image.open(os.path.join(folder, names % number)) as image:
                pixels = np.asarray(image.convert("RGBA"))
            np.testing.assert_array_equal(pixels[..., :bands], expected)
    assert sorted(os.listdir(tmp_path / "film")) == [f"frame_{n:04d}.png" for n in range(12)]
    assert not [name for name in os.listdir(tmp_path) if "part" in name]


def test_pictures_of_all_kinds_are_frames(tmp_path):
    from PIL import Image

    canvas = dp.Canvas(240, 180)
    aggregate = canvas.raster(np.random.default_rng(1).normal(size=(480, 640)))
    plain = dp.draw({"x": np.arange(9.0), "y": np.arange(9.0)}, width=240, height=180)
    pyplot = pytest.importorskip("matplotlib.figure")
    figure = pyplot.Figure(figsize=(2.4, 1.8), dpi=100)
    made = [
        aggregate.shade(),
        Image.fromarray(picture(1, (180, 240))),
        figure,
        np.ones((180, 240), bool),
        plain,
    ]
    path = dp.write_frames(tmp_path / "a.gif", made)
    assert len(dp.frames(path)) == 5
    found = [frame.copy() for frame in dp.frames(path)]
    assert (found[2] == 255).all() and (found[3] == 255).all()
    dp.write_frames(tmp_path / "film", made)
    np.testing.assert_array_equal(next(dp.frames(tmp_path / "film")), np.asarray(made[0])[..., :3])
    assert (found[4] != 255).any()


def test_what_is_not_opaque_shows_the_background(tmp_path):
    clear = np.zeros((30, 50, 4), "u1")
    half = clear.copy()
    half[..., :3], half[..., 3] = 200, 128
    path = dp.write_frames(tmp_path / "a.gif", [clear, half], background="#ff8000")
    first, second = (frame[0, 0].tolist() for frame in list(dp.frames(path)))
    assert first == [255, 128, 0]
    assert second == [(200 * 128 + ground * 127 + 127) // 255 for ground in (255, 128, 0)]
    with pytest.raises(dp.BadArgument, match="opaque"):
        dp.write_frames(tmp_path / "a.gif", [clear], background="#ff800080")


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "film", "shot%d.png"])
def test_a_film_that_fails_leaves_nothing(tmp_path, name):
    def failing():
        yield picture(0)
        yield picture(1)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        dp.write_frames(tmp_path / name, failing())
    assert os.listdir(tmp_path) == []
    with pytest.raises(dp.EmptyData, match="no frame"):
        dp.write_frames(tmp_path / name, iter([]))
    assert os.listdir(tmp_path) == []


def test_what_was_there_before_is_there_still(tmp_path):
    path = dp.write_frames(tmp_path / "a.gif", [picture(0)])
    before = (tmp_path / "a.gif").read_bytes()
    with pytest.raises(dp.SchemaMismatch, match="frame 1 has 6 × 5 pixels, those before 64 × 48"):
        dp.write_frames(path, [picture(0), picture(0, (5, 6))])
    assert (tmp_path / "a.gif").read_bytes() == before
    dp.write_frames(tmp_path / "film", [picture(0)])
    with pytest.raises(dp.OutputError, match="has files already"):
        dp.write_frames(tmp_path / "film", [picture(0)])


@pytest.mark.parametrize(
    ("name", "frames", "options", "error", "words"),
    [
        ("a.xyz", [picture(0)], {}, dp.UnknownFormat, r"\.mp4.*\.gif"),
        ("a.png", [picture(0)], {}, dp.BadArgument, "where does the number go"),
        ("a.gif", 5, {}, dp.BadArgument, "iterable"),
        ("a.gif", [picture(0)], {"fps": 0}, dp.BadArgument, "fps"),
        ("a.gif", [picture(0)], {"background": "whit"}, dp.BadArgument, "whit"),
        ("a.gif", [np.zeros((5, 5))], {}, dp.UnsupportedData, "frame 0 holds float64"),
        ("a.gif", [np.zeros((5, 5, 2), "u1")], {}, dp.UnsupportedData, r"\(5, 5, 2\)"),
        ("a.gif", [dp.Canvas(5, 5).raster(np.zeros((5, 5)))], {}, dp.UnsupportedData, r"\.shade\(\)"),
        ("no/folder/a.gif", [picture(0)], {}, dp.OutputError, "no/folder"),
        ("no/folder/film", [picture(0)], {}, dp.OutputError, "no folder"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, monkeypatch, name, frames, options, error, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words):
        dp.write_frames(name, frames, **options)
    assert os.listdir(tmp_path) == []


def test_without_a_library_it_says_which(tmp_path, monkeypatch):
    import sys

    for name in ("cv2", "av", "imageio"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"write \.mp4 files.*pip install av, opencv-python"):
        dp.write_frames(tmp_path / "a.mp4", [picture(0)])
