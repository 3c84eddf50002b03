"""`Canvas.raster` against its slow twin, and what it promises about types, places and errors."""

import drypoint as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raster import twin

METHODS = ("area", "nearest", "bilinear", "max", "min", "mode")
TYPES = [
    "|b1",
    "|u1",
    "|i1",
    "<u2",
    ">u2",
    "<i2",
    ">i2",
    "<u4",
    ">u4",
    "<i4",
    "<u8",
    "<i8",
    ">i8",
    "<f2",
    ">f2",
    "<f4",
    ">f4",
    "<f8",
    ">f8",
]


def edges_of(array, extent=None, origin="upper"):
    rows, columns = array.shape
    left, right, bottom, top = extent or (0, columns, 0, rows)
    return (left, right), ((top, bottom) if origin == "upper" else (bottom, top))


def agree(found, expected, exact=False):
    found = np.asarray(found)
    assert found.shape == expected.shape
    if exact:
        np.testing.assert_array_equal(found, expected)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def values(dtype, shape, random, holes=True):
    kind = np.dtype(dtype).kind
    if kind == "f":
        made = np.round(random.normal(0, 100, shape), 1).astype(dtype)
        if holes:
            made[random.random(shape) < 0.2] = np.nan
        return made
    if kind == "b":
        return (random.random(shape) < 0.5).astype(dtype)
    low, high = (-100, 100) if kind == "i" else (0, 200)
    return random.integers(low, high, shape).astype(dtype)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", TYPES)
def test_each_type_and_method_agrees_with_the_twin(dtype, method):
    random = np.random.default_rng(5)
    array = values(dtype, (13, 11), random)
    for width, height in ((4, 5), (11, 13), (23, 3)):
        x_range, y_range = (0, 11), (0, 13)
        found = dp.Canvas(width, height).raster(array, method=method)
        expected = twin.raster(array, width, height, x_range, y_range, edges_of(array), method)
        agree(found, expected, exact=method not in ("area", "bilinear"))


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_window_of_any_array(data):
    draw = data.draw
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, columns = draw(st.integers(1, 17)), draw(st.integers(1, 17))
    array = values(draw(st.sampled_from(TYPES)), (rows, columns), random, draw(st.booleans()))
    turn = draw(st.sampled_from(["as it is", "transposed", "reversed", "strided", "fortran"]))
    array = {
        "as it is": lambda: array,
        "transposed": lambda: array.T,
        "reversed": lambda: array[::-1, ::-1],
        "strided": lambda: np.repeat(np.repeat(array, 2, 0), 3, 1)[::2, ::3],
        "fortran": lambda: np.asfortranarray(array),
    }[turn]()
    method = draw(st.sampled_from(METHODS))
    origin = draw(st.sampled_from(["upper", "lower"]))
    quarters = st.integers(-40, 40).map(lambda n: n / 4)
    extent = draw(
        st.tuples(quarters, quarters, quarters, quarters).filter(lambda e: e[0] != e[1] and e[2] != e[3])
    )
    window = draw(
        st.tuples(quarters, quarters, quarters, quarters).filter(lambda e: e[0] < e[1] and e[2] < e[3])
    )
    width, height = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    canvas = dp.Canvas(width, height, x_range=window[:2], y_range=window[2:])
    found = canvas.raster(array, method=method, extent=extent, origin=origin, threads=draw(st.integers(1, 3)))
    edges = edges_of(array, extent, origin)
    expected = twin.raster(array, width, height, window[:2], window[2:], edges, method)
    # A quarter divided by a number of pixels is no binary fraction: a centre may fall on either side of an edge.
    if method in ("area", "bilinear"):
        agree(found, expected)
    elif method in ("max", "min", "mode"):
        assert_close_or_edge(found, expected, array, canvas, edges, method)
    else:
        assert_close_or_edge(found, expected, array, canvas, edges, method)


def assert_close_or_edge(found, expected, array, canvas, edges, method):
    found = np.asarray(found)
    wrong = ~((found == expected) | (np.isnan(found) & np.isnan(expected)))
    if not wrong.any():
        return
    # Only a window nudged by less than rounding may explain it.
    for nudge in (-1e-12, 1e-12):
        x, y = ([bound + nudge for bound in pair] for pair in (canvas.x_range, canvas.y_range))
        nudged = twin.raster(array, canvas.width, canvas.height, x, y, edges, method)
        wrong &= ~((found == nudged) | (np.isnan(found) & np.isnan(nudged)))
    assert not wrong.any(), (found, expected)


@pytest.mark.parametrize("method", METHODS)
def test_the_result_does_not_depend_on_threads_or_on_how_it_is_read(method):
    random = np.random.default_rng(1)
    array = values("<f4", (300, 500), random)
    canvas = dp.Canvas(37, 53, x_range=(20.5, 480), y_range=(-10, 280))
    one = np.asarray(canvas.raster(array, method=method, threads=1))
    two = canvas.raster(array, method=method, threads=2)
    np.testing.assert_array_equal(one, two)
    swapped = canvas.raster(array.astype(">f4"), method=method)
    np.testing.assert_array_equal(one, swapped)
    boxed = canvas.raster(Sliced(array, (64, 128)), method=method)
    np.testing.assert_allclose(one, boxed, rtol=1e-13, atol=1e-12)
    assert (two.rows, two.skipped) == (boxed.rows, boxed.skipped)
    if method != "mode":
        strips = (array[start : start + 7] for start in range(0, 300, 7))
        striped = canvas.raster(strips, method=method, shape=(300, 500))
        np.testing.assert_allclose(one, striped, rtol=1e-13, atol=1e-12)
        assert (two.rows, two.skipped) == (striped.rows, striped.skipped)


class Sliced:
    """What other libraries' arrays have in common."""

    def __init__(self, array, chunks):
        self.array, self.chunks, self.read = array, chunks, 0
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, key):
        box = self.array[key]
        self.read += box.size
        return box


def test_a_window_reads_only_its_chunks():
    array = Sliced(np.ones((1000, 1000), "u2"), (100, 100))
    counts = dp.Canvas(10, 10, x_range=(300, 400), y_range=(0, 100)).raster(array)
    assert array.read <= 500 * 600
    assert counts.rows == 100 * 100


def test_rows_and_skipped_count_items():
    array = np.zeros((40, 50))
    array[3, 7] = array[20, 20] = np.nan
    whole = dp.Canvas(7, 9).raster(array)
    assert (whole.rows, whole.skipped) == (2000, 2)
    assert (dp.Canvas(7, 9).raster(array, method="max", threads=1).skipped) == 2
    assert dp.Canvas(50, 40).raster(array, method="nearest").skipped == 2


def test_wide_integers_stay_exact():
    big = 2**62
    array = np.array([[big, big + 2**10], [5, 2**53]], "<i8")
    found = dp.Canvas(2, 2).raster(array, method="nearest")
    assert found.cells.tolist() == [[5.0, 2.0**53], [float(big), float(big + 2**10)]]
    assert dp.Canvas(1, 1).raster(array, method="max").cells.tolist() == [[float(big + 2**10)]]
    array[0, 1] = big + 1
    for method in ("max", "nearest"):
        with pytest.raises(dp.BadValue, match=f"{big + 1} is no float64"):
            dp.Canvas(2, 2).raster(array, method=method)
    # What is not shown is not refused, and a mean is computed.
    assert dp.Canvas(1, 1).raster(array, method="min").cells.tolist() == [[5.0]]
    assert np.asarray(dp.Canvas(1, 1).raster(array))[0, 0] == pytest.approx(array.astype(float).mean())
    unsigned = np.array([[2**64 - 2**11, 3]], "u8")
    assert dp.Canvas(1, 1).raster(unsigned, method="max").cells.tolist() == [[float(2**64 - 2**11)]]
    with pytest.raises(dp.BadValue):
        dp.Canvas(1, 1).raster(np.array([[2**64 - 1]], "u8"), method="max")


def test_the_default_extent_puts_row_0_at_the_top():
    array = np.arange(6).reshape(2, 3)
    found = dp.Canvas(3, 2).raster(array)
    assert (found.x_range, found.y_range) == ((0, 3), (0, 2))
    np.testing.assert_array_equal(found, array[::-1])
    np.testing.assert_array_equal(dp.Canvas(3, 2).raster(array, origin="lower"), array)
    np.testing.assert_array_equal(dp.Canvas(3, 2).raster(array, extent=(3, 0, 0, 2)), array[::-1, ::-1])


def test_a_logarithmic_axis():
    array = np.array([[1.0, 2.0, 3.0, 4.0]])
    found = dp.Canvas(2, 1, x_range=(1, 4), x_scale="log").raster(array, extent=(0, 4, 0, 1))
    np.testing.assert_allclose(found, [[2.0, 3.5]])


def test_xarray_says_where_it_lies():
    xarray = pytest.importorskip("xarray")
    data = np.arange(12.0).reshape(3, 4)
    north_up = xarray.DataArray(
        data, coords={"lat": [50, 40, 30], "lon": [0, 1, 2, 3]}, dims=["lat", "lon"], name="t"
    )
    found = dp.Canvas(4, 3).raster(north_up)
    assert (found.x_range, found.y_range, found.reduction) == ((-0.5, 3.5), (25, 55), "area('t')")
    np.testing.assert_array_equal(found, data[::-1])
    np.testing.assert_array_equal(dp.Canvas(4, 3).raster(north_up[::-1]), data[::-1])
    with pytest.raises(dp.UnsupportedData, match="'lon' are not evenly spaced"):
        dp.Canvas(4, 3).raster(north_up.assign_coords(lon=[0, 1, 2, 9]))
    np.testing.assert_array_equal(dp.Canvas(4, 3).raster(found.to_xarray()), found)


def test_masked_arrays_leave_out_what_is_masked():
    array = np.ma.masked_array(np.arange(6).reshape(2, 3), mask=[[0, 0, 1], [0, 0, 0]])
    found = dp.Canvas(1, 1).raster(array)
    assert (found.cells.tolist(), found.skipped) == ([[13 / 5]], 1)


def test_sparse_arrays_are_read_box_by_box():
    sparse = pytest.importorskip("scipy.sparse")
    array = sparse.random_array((50, 60), density=0.1, rng=np.random.default_rng(2), format="csr")
    expected = dp.Canvas(6, 5).raster(array.toarray())
    for kind in ("csr", "csc", "coo"):
        np.testing.assert_allclose(dp.Canvas(6, 5).raster(array.asformat(kind)), expected)
    pydata = pytest.importorskip("sparse")
    np.testing.assert_allclose(dp.Canvas(6, 5).raster(pydata.COO.from_scipy_sparse(array)), expected)
    filled = pydata.COO.from_numpy(np.where(array.toarray() > 0, 3.0, 1.0), fill_value=1.0)
    np.testing.assert_allclose(dp.Canvas(6, 5).raster(filled), dp.Canvas(6, 5).raster(filled.todense()))


def test_zarr_arrays_are_read_chunk_by_chunk(tmp_path):
    zarr = pytest.importorskip("zarr")
    data = np.random.default_rng(3).integers(0, 60_000, (500, 700)).astype("u2")
    array = zarr.create_array(str(tmp_path / "a.zarr"), shape=data.shape, chunks=(64, 100), dtype="u2")
    array[:] = data
    np.testing.assert_allclose(
        dp.Canvas(50, 40).raster(array), dp.Canvas(50, 40).raster(data), rtol=1e-13, atol=1e-12
    )


def test_a_memmap_is_let_go_and_stays_as_it_was(tmp_path):
    data = np.random.default_rng(3).normal(size=(700, 900)).astype("f4")
    mapped = np.memmap(tmp_path / "a.bin", "f4", "w+", shape=data.shape)
    mapped[:] = data
    expected = dp.Canvas(50, 40).raster(data)
    np.testing.assert_allclose(dp.Canvas(50, 40).raster(mapped), expected, rtol=1e-13, atol=1e-12)
    np.testing.assert_array_equal(mapped, data)
    # What only this process sees is not let go of.
    private = np.memmap(tmp_path / "a.bin", "f4", "c", shape=data.shape)
    private[:] = 1
    np.testing.assert_allclose(dp.Canvas(50, 40).raster(private), 1, rtol=1e-15)
    assert (private == 1).all()
    part = mapped[10:600:2, 5:800]
    np.testing.assert_allclose(
        dp.Canvas(9, 9).raster(part), dp.Canvas(9, 9).raster(np.array(part)), rtol=1e-13, atol=1e-12
    )
    copied = mapped.copy()
    dp.Canvas(9, 9).raster(copied)
    np.testing.assert_array_equal(copied, data)


def test_an_aggregate_can_be_drawn_again():
    points = {"x": np.array([0.5, 1.5, 1.5]), "y": np.array([0.5, 0.5, 1.5])}
    counts = dp.Canvas(2, 2, x_range=(0, 2), y_range=(0, 2)).points(points, "x", "y")
    np.testing.assert_array_equal(
        dp.Canvas(4, 4).raster(counts), np.kron(np.asarray(counts), np.ones((2, 2)))
    )


def test_extremes_of_parts_merge_and_means_say_that_they_do_not():
    array = np.random.default_rng(4).normal(size=(60, 60))
    canvas = dp.Canvas(6, 6, x_range=(0, 60), y_range=(0, 60))
    top = canvas.raster(array[:35], method="max", extent=(0, 60, 25, 60))
    bottom = canvas.raster(array[35:], method="max", extent=(0, 60, 0, 25))
    np.testing.assert_array_equal(top + bottom, canvas.raster(array, method="max"))
    with pytest.raises(dp.BadArgument, match="merge"):
        canvas.raster(array) + canvas.raster(array)


def test_saved_and_loaded(tmp_path):
    found = dp.Canvas(6, 6).raster(np.arange(100).reshape(10, 10), method="bilinear")
    found.save(tmp_path / "a.npz")
    again = dp.Aggregate.load(tmp_path / "a.npz")
    assert again.reduction == "bilinear('ndarray')"
    np.testing.assert_array_equal(again, found)


@pytest.mark.parametrize(
    ("array", "options", "error", "words"),
    [
        (np.zeros(5), {}, dp.UnsupportedData, "1 dimensions"),
        (np.zeros((5, 5, 3)), {}, dp.UnsupportedData, "has 3 bands"),
        (np.zeros((0, 5)), {}, dp.UnsupportedData, "empty"),
        (np.zeros((5, 5), complex), {}, dp.UnsupportedData, "complex128"),
        (np.zeros((5, 5), "M8[s]"), {}, dp.UnsupportedData, "datetime64"),
        (np.zeros((5, 5), object), {}, dp.UnsupportedData, "object"),
        (np.zeros((5, 5), "i4,i4"), {}, dp.UnsupportedData, "real numbers"),
        ("image.npy", {}, dp.BadArgument, "open 'image.npy' first"),
        (7, {}, dp.UnsupportedData, "cannot draw a int"),
        (np.zeros((5, 5)), {"method": "bilinea"}, dp.BadArgument, "did you mean 'bilinear'"),
        (np.zeros((5, 5)), {"extent": (0, 1, 2)}, dp.BadArgument, "left, right, bottom, top"),
        (np.zeros((5, 5)), {"extent": (0, 0, 2, 3)}, dp.BadArgument, "apart"),
        (np.zeros((5, 5)), {"extent": (0, float("nan"), 2, 3)}, dp.BadArgument, "finite"),
        (np.zeros((5, 5)), {"origin": "top"}, dp.BadArgument, "upper"),
        (np.zeros((5, 5)), {"shape": (5, 5)}, dp.BadArgument, "iterator"),
        (iter([np.zeros((5, 5))]), {}, dp.BadArgument, "give shape"),
        (iter([]), {"shape": (5, 5)}, dp.UnsupportedData, "before its first strip"),
        (iter([np.zeros((4, 5))]), {"shape": (5, 5)}, dp.UnsupportedData, "ended before row 4 of 5"),
        (iter([np.zeros((6, 5))]), {"shape": (5, 5)}, dp.UnsupportedData, "rows 0 to 6"),
        (iter([np.zeros((5, 4))]), {"shape": (5, 5)}, dp.UnsupportedData, "5 x 4 items"),
        (
            iter([np.zeros((1, 5)), np.zeros((4, 5), "f4")]),
            {"shape": (5, 5)},
            dp.UnsupportedData,
            "float32 after",
        ),
        (iter([np.zeros((5, 5))]), {"shape": (5, 5), "method": "mode"}, dp.UnsupportedData, "mode"),
        (np.zeros((500, 500)), {"memory": "100kB"}, dp.BudgetExceeded, "canvas"),
    ],
)
def test_what_is_wrong_is_said(array, options, error, words):
    with pytest.raises(error, match=words):
        dp.Canvas(200, 200).raster(array, **options)


def test_an_error_of_the_iterator_is_its_own():
    def strips():
        yield np.zeros((1, 5))
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        dp.Canvas(2, 2).raster(strips(), shape=(5, 5))


@pytest.mark.parametrize("dtype", ["u1", "i1", "b1", "u2"])
def test_the_mode_of_many_items(dtype):
    array = (
        values(dtype, (60, 80), np.random.default_rng(9)) // 5
        if dtype != "b1"
        else values(dtype, (60, 80), np.random.default_rng(9))
    )
    found = dp.Canvas(5, 4).raster(array, method="mode")
    expected = twin.raster(array, 5, 4, (0, 80), (0, 60), edges_of(array), "mode")
    np.testing.assert_array_equal(found, expected)


def test_an_interrupt_ends_it_soon(interrupts):
    import os
    import signal
    import threading
    import time

    array = np.random.default_rng(10).integers(0, 60_000, (6000, 6000)).astype("u2")
    sent = []

    def send():
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.2, send)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(50):
            dp.Canvas(100, 100).raster(array, method="mode")
    assert time.perf_counter() - sent[0] < 1  # 0.1 s where nobody else wants the processor
    timer.join()


def test_opencv_agrees_on_areas_and_interpolation():
    cv2 = pytest.importorskip("cv2")
    array = np.random.default_rng(6).integers(0, 60_000, (391, 523)).astype("f4")
    small = cv2.resize(array, (70, 40), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(dp.Canvas(70, 40).raster(array)[::-1], small, rtol=1e-4)
    large = cv2.resize(array, (1000, 700), interpolation=cv2.INTER_LINEAR)
    found = dp.Canvas(1000, 700).raster(array, method="bilinear")[::-1]
    np.testing.assert_allclose(found, large, rtol=1e-3, atol=40)  # OpenCV's weights have 11 bits


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """An array of the type and chunks asked for, on disk in Zarr or compressed."""
    folder = tmp_path_factory.mktemp("arrays")

    def make(kind, data, chunks):
        if kind == "compressed":
            return dp.compress(data, chunks=chunks)
        path = folder / f"{data.dtype}{data.shape}{chunks}.zarr"
        dp.write_zarr(path, data, chunks=chunks, overwrite=True)
        return dp.open_zarr(path)

    return make


@pytest.mark.parametrize("kind", ["compressed", "zarr"])
@pytest.mark.parametrize("method", METHODS)
def test_chunked_arrays_agree_with_arrays_in_memory(opened, kind, method):
    random = np.random.default_rng(7)
    for dtype in ("<u2", ">i4", "<f4", "<f2", "<i8"):
        data = values(dtype, (150, 230), random)
        array = opened(kind, data, (32, 50))
        for canvas in (dp.Canvas(23, 17), dp.Canvas(300, 200, x_range=(15, 40), y_range=(-3, 100))):
            found, expected = canvas.raster(array, method=method), canvas.raster(data, method=method)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
            assert (found.rows, found.skipped) == (expected.rows, expected.skipped)
            one = canvas.raster(array, method=method, threads=1)
            np.testing.assert_array_equal(found, one)


def test_a_damaged_chunk_is_said(opened, tmp_path):
    data = np.random.default_rng(8).integers(0, 9999, (100, 100)).astype("u2")
    dp.write_zarr(tmp_path / "a.zarr", data, chunks=(50, 50))
    array = dp.open_zarr(tmp_path / "a.zarr")
    chunk = tmp_path / "a.zarr" / "c" / "1" / "0"
    chunk.write_bytes(chunk.read_bytes()[:20])
    with pytest.raises(dp.CorruptData):
        dp.Canvas(9, 9).raster(array)
    # A window without it is drawn.
    assert dp.Canvas(9, 9, y_range=(50, 100)).raster(array).rows == 5000
