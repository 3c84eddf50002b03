"""`dp.frames`: every kind of source, kept frames, colours, sizes, ends and errors."""

import drypoint as dp
import numpy as np
import pytest

SHAPE = (48, 64, 3)


def picture(number, shape=SHAPE):
    """A smooth picture that video codecs keep well, different for each number."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (
        np.stack([40 + 2 * x + number, 40 + 3 * y, np.full_like(x, 5 * number)], -1).clip(0, 255).astype("u1")
    )


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return dp.write_frames(path, (picture(number) for number in range(20)), fps=25, quality=95)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from PIL import Image

    path = tmp_path_factory.mktemp("shots")
    for number in range(12):
        Image.fromarray(picture(number)).save(path / f"shot{number}.png")
    (path / "notes.txt").write_text("no image")
    return path


@pytest.mark.parametrize("backend", ["opencv", "pyav", None])
def test_a_video_is_read_in_its_colours(film, backend):
    with dp.frames(film, backend=backend) as frames:
        assert (frames.shape, frames.fps, len(frames)) == (SHAPE, 25, 20)
        for number, frame in enumerate(frames):
            assert frame.dtype == np.uint8
            assert np.abs(frame.astype(int) - picture(number)).mean() < 4
    assert number == 19


@pytest.mark.parametrize("backend", ["opencv", "pyav"])
def test_colours_size_type_and_choice_of_frames(film, backend):
    rgb = list(dp.frames(film, backend=backend, start=3, stop=12, step=4))
    assert len(rgb) == 3
    bgr = list(dp.frames(film, backend=backend, start=3, stop=12, step=4, color="bgr"))
    for a, b, number in zip(rgb, bgr, (3, 7, 11), strict=True):
        np.testing.assert_array_equal(a, b[..., ::-1])
        assert np.abs(a.astype(int) - picture(number)).mean() < 4
    gray = dp.frames(film, backend=backend, color="gray", size=(32, 24), dtype="float32", stop=1)
    assert gray.shape == (24, 32)
    (frame,) = gray
    assert frame.dtype == np.float32
    expected = (picture(0) @ [0.299, 0.587, 0.114]).reshape(24, 2, 32, 2).mean((1, 3))
    assert np.abs(frame - expected).mean() < 4


def test_kept_frames_are_never_written_again(film):
    expected = list(dp.frames(film))
    frames = dp.frames(film)
    kept, views, sums = [], [], []
    for number, frame in enumerate(frames):
        if number % 3 == 0:
            kept.append(frame)
        elif number % 3 == 1:
            views.append(frame[10:20, ::2])
        sums.append(int(frame.sum()))
    assert sums == [int(frame.sum()) for frame in expected]
    for frame, whole in zip(kept, expected[0::3], strict=True):
        np.testing.assert_array_equal(frame, whole)
    for view, whole in zip(views, expected[1::3], strict=True):
        np.testing.assert_array_equal(view, whole[10:20, ::2])


def test_two_blocks_take_turns_as_long_as_nobody_keeps_a_frame():
    stack = np.zeros((30, 200, 200, 3), "uint8")
    before = dp.buffer_stats()
    for _frame in dp.frames(stack):
        pass
    turn = dp.buffer_stats() - before
    assert turn["fresh"] <= 2
    assert turn["fresh"] + turn["reused"] == 30
    kept = list(dp.frames(stack))
    assert len({id(frame) for frame in kept}) == 30
    assert dp.memory()["consumers"]["arrays"]["live"] >= 30 * 120_000


def test_a_folder_and_a_pattern_come_in_natural_order(folder):
    for source in (folder, str(folder / "shot*.png")):
        with dp.frames(source) as frames:
            assert len(frames) == 12
            for number, frame in enumerate(frames):
                np.testing.assert_array_equal(frame, picture(number))
    bgr = next(dp.frames(folder, color="bgr", start=4, backend="opencv"))
    np.testing.assert_array_equal(bgr, picture(4)[..., ::-1])
    gray = next(dp.frames(folder, color="gray", start=10))
    assert np.abs(gray - picture(10) @ [0.299, 0.587, 0.114]).max() <= 1


def test_stacks_of_images(tmp_path):
    from PIL import Image

    images = [Image.fromarray(picture(number)) for number in range(5)]
    images[0].save(tmp_path / "a.tiff", save_all=True, append_images=images[1:])
    frames = dp.frames(tmp_path / "a.tiff", start=1)
    assert (len(frames), frames.shape) == (4, SHAPE)
    for number, frame in enumerate(frames, 1):
        np.testing.assert_array_equal(frame, picture(number))
    deep = np.arange(48, dtype="u2").reshape(6, 8) * 1000
    Image.fromarray(deep).save(tmp_path / "deep.tiff")
    np.testing.assert_array_equal(next(dp.frames(tmp_path / "deep.tiff", color="gray")), deep)
    with pytest.raises(dp.UnsupportedData, match="color='gray'"):
        next(dp.frames(tmp_path / "deep.tiff"))


def test_stacks_of_arrays_are_taken_as_they_are(tmp_path):
    stack = np.random.default_rng(1).normal(size=(4, 6, 8)).astype("f4")
    for number, frame in enumerate(dp.frames(stack)):
        np.testing.assert_array_equal(frame, stack[number])
        frame[:] = 0  # the caller's
    assert (stack != 0).all()
    zarr = pytest.importorskip("zarr")
    array = zarr.create_array(str(tmp_path / "a.zarr"), shape=stack.shape, chunks=(1, 6, 8), dtype="f4")
    array[:] = stack
    np.testing.assert_array_equal(np.stack(list(dp.frames(array))), stack)
    colors = np.stack([picture(number) for number in range(3)])
    gray = dp.frames(colors, color="gray")
    assert gray.shape == (48, 64)
    assert np.abs(next(gray) - colors[0] @ [0.299, 0.587, 0.114]).max() <= 1
    assert next(dp.frames(stack, color="rgb")).shape == (6, 8, 3)


def test_iterables_may_fill_one_array_again_and_again():
    def camera():
        frame = np.zeros((5, 5), "uint8")
        for number in range(4):
            frame[:] = number
            yield frame

    frames = dp.frames(camera(), step=2)
    assert frames.shape is None
    with pytest.raises(TypeError, match="how many"):
        len(frames)
    assert [int(frame[0, 0]) for frame in list(frames)] == [0, 2]
    assert len(dp.frames([np.zeros((5, 5))] * 7)) == 7


def test_closing_ends_it_at_once():
    ended = []

    def source():
        try:
            while True:
                yield np.zeros((5, 5))
        finally:
            ended.append(True)

    with dp.frames(source()) as frames:
        next(frames)
    assert ended == [True] and frames.closed
    frames.close()
    with pytest.raises(dp.ClosedError):
        next(frames)
    done = dp.frames(np.zeros((1, 5, 5)))
    assert len(list(done)) == 1
    assert next(done, None) is None


def test_a_scope_closes_it(film):
    with dp.scope():
        frames = dp.frames(film)
        next(frames)
    assert frames.closed


@pytest.mark.parametrize(
    ("source", "options", "error", "words"),
    [
        ("nowhere.mp4", {}, dp.SourceNotFound, "there is no file nowhere.mp4"),
        ("nowhere/*.png", {}, dp.SourceNotFound, "no file matches"),
        (99, {}, dp.SourceNotFound, "no camera 99"),
        (-1, {}, dp.BadArgument, "from 0"),
        (1.5, {}, dp.UnknownFormat, "frames from a float"),
        (np.zeros((5, 5)), {}, dp.UnknownFormat, "no stack"),
        (np.zeros((5, 5, 5)), {"color": "grey"}, dp.BadArgument, "did you mean"),
        (np.zeros((5, 5, 5)), {"size": 5}, dp.BadArgument, "width, height"),
        (np.zeros((5, 5, 5)), {"size": (0, 5)}, dp.BadArgument, "at least 1"),
        (np.zeros((5, 5, 5)), {"start": -1}, dp.BadArgument, "start"),
        (np.zeros((5, 5, 5)), {"step": 0}, dp.BadArgument, "step"),
        (np.zeros((5, 5, 5)), {"dtype": "text"}, dp.BadArgument, "dtype"),
        (np.zeros((5, 5, 5)), {"backend": "ffmpeg"}, dp.BadArgument, "backend"),
    ],
)
def test_what_is_wrong_is_said_at_once(source, options, error, words):
    with pytest.raises(error, match=words):
        dp.frames(source, **options)


def test_what_is_wrong_with_a_file_is_said(tmp_path, folder):
    (tmp_path / "text.mp4").write_text("no film")
    for backend in ("opencv", "pyav"):
        with pytest.raises(dp.UnknownFormat, match=r"text\.mp4 is not a video"):
            dp.frames(tmp_path / "text.mp4", backend=backend)
    (tmp_path / "text.gif").write_text("no film")
    with pytest.raises(dp.UnknownFormat, match="not an image"):
        dp.frames(tmp_path / "text.gif")
    (tmp_path / "empty").mkdir()
    with pytest.raises(dp.SourceNotFound, match="holds no images"):
        dp.frames(tmp_path / "empty")
    from PIL import Image

    (tmp_path / "mixed").mkdir()
    Image.fromarray(picture(0)).save(tmp_path / "mixed" / "1.png")
    Image.fromarray(picture(0, (5, 6))).save(tmp_path / "mixed" / "2.png")
    frames = dp.frames(tmp_path / "mixed")
    next(frames)
    with pytest.raises(dp.SchemaMismatch, match=r"frame 1 has the shape \(5, 6, 3\)"):
        next(frames)
    assert len(list(dp.frames(tmp_path / "mixed", size=(8, 8)))) == 2
    whole = (folder / "shot3.png").read_bytes()
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "1.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(dp.CorruptData, match=r"1\.png is damaged"):
        next(dp.frames(tmp_path / "cut"))


def test_without_a_library_it_says_which(film, monkeypatch):
    import sys

    for name in ("cv2", "av", "imageio"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install opencv-python, av or imageio\[ffmpeg\]"):
        dp.frames(film)
    with pytest.raises(ImportError, match="pip install av"):
        dp.frames(film, backend="pyav")


def test_an_error_of_the_iterable_is_its_own():
    def source():
        yield np.zeros((5, 5))
        raise KeyError("mine")

    frames = dp.frames(source())
    next(frames)
    with pytest.raises(KeyError, match="mine"):
        next(frames)
