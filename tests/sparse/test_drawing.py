"""Pictures of sparse arrays equal those of the same entries as a table, and nothing becomes dense."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest
import scipy.sparse as sp


@pytest.fixture(scope="module")
def theirs():
    matrix = sp.random_array((3000, 4000), density=0.01, format="csr", rng=5)
    matrix.data -= 0.5
    return matrix


def table(theirs):
    entries = theirs.tocoo()
    return {"row": entries.row, "col": entries.col, "value": entries.data}


@pytest.mark.parametrize("layout", ["coo", "csr", "csc", "lil"])
@pytest.mark.parametrize("ours", [True, False])
def test_points(theirs, layout, ours):
    source = theirs.asformat(layout)
    if ours:
        source = (dp.CooArray if layout == "coo" else dp.CsrArray)(source)
    canvas = dp.Canvas(97, 61, x_range=(-0.5, 3999.5), y_range=(-0.5, 2999.5))
    for reduction in (dp.count(), dp.max("value"), dp.min("value"), dp.sum("value")):
        for threads in (1, 3):
            found = canvas.points(source, "col", "row", reduction, threads=threads)
            wanted = canvas.points(table(theirs), "col", "row", reduction)
            np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert found.rows == theirs.nnz


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float32"])
def test_values_of_every_type(dtype):
    items = np.array([[0, 1, 0], [1, 0, 1]], dtype)
    for array in (dp.CooArray(items), dp.CsrArray(items)):
        counts = dp.Canvas(3, 2).points(array, "col", "row", dp.max("value"))
        np.testing.assert_array_equal(np.nan_to_num(np.asarray(counts)), items)
    complex_array = dp.CooArray(items.astype("complex128"))
    assert dp.Canvas(3, 2).points(complex_array, "col", "row").rows == 3
    with pytest.raises(dp.DrypointError, match="value"):
        dp.Canvas(3, 2).points(complex_array, "col", "row", dp.max("value"))


def test_what_a_scan_tells():
    array = dp.CooArray(np.ones((3, 4, 5), "f4"))
    source = dp.scan(array)
    assert source.schema == {"axis0": "uint8", "axis1": "uint8", "axis2": "uint8", "value": "float32"}
    assert source.rows == 60 and not source.one_shot and source.name == "CooArray"
    assert dp.scan(dp.CsrArray(np.eye(3))).columns == ["row", "col", "value"]
    parts = [part["axis2"] for part in dp.scan(array).batches(["axis2"], 7)]
    assert np.concatenate(parts).tolist() == [0, 1, 2, 3, 4] * 12
    assert dp.scan(dp.CooArray(np.arange(3))).columns == ["index", "value"]
    with pytest.raises(dp.MissingColumn, match="colum"):
        dp.Canvas().points(dp.CsrArray(np.eye(3)), "colum", "row")


def test_the_package_sparse(theirs):
    sparse = pytest.importorskip("sparse")
    source = sparse.COO.from_scipy_sparse(theirs.tocoo())
    canvas = dp.Canvas(40, 30)
    assert (canvas.points(source, "col", "row").cells.tolist()) == canvas.points(
        theirs, "col", "row"
    ).cells.tolist()


def shown(figure):
    """The counts of a figure, row 0 at the top."""
    return np.asarray(figure.aggregate)[::-1]


def test_spy_has_row_0_at_the_top(theirs):
    for source in (theirs, dp.CsrArray(theirs), dp.CooArray(theirs)):
        figure = dp.spy(source, width=300)
        counts = shown(figure)
        assert counts.sum() == theirs.nnz
        canvas = dp.Canvas(counts.shape[1], counts.shape[0], x_range=(-0.5, 3999.5), y_range=(-2999.5, 0.5))
        rows = {**table(theirs), "row": -table(theirs)["row"].astype(float)}
        np.testing.assert_array_equal(counts, np.asarray(canvas.points(rows, "col", "row"))[::-1])


def test_cells_larger_than_pixels_are_filled():
    matrix = np.array([[1.0, 0, 0, 2], [0, 0, 0, 0], [0, 5, 0, 0]])
    cells = shown(dp.spy(dp.CsrArray(matrix), width=400, height=300))
    height, width = cells.shape
    for row in range(3):
        for column in range(4):
            inside = cells[
                height * row // 3 + 2 : height * (row + 1) // 3 - 2,
                width * column // 4 + 2 : width * (column + 1) // 4 - 2,
            ]
            wanted = matrix[row, column]
            assert (inside == wanted).all() if wanted else np.isnan(inside).all()


def test_a_window_of_a_matrix():
    matrix = dp.CsrArray(np.diag(np.arange(1.0, 101)))
    cells = shown(dp.spy(matrix, x_range=(9.5, 12.5), y_range=(9.5, 12.5), width=300, height=300))
    assert sorted(set(cells[~np.isnan(cells)])) == [11.0, 12.0, 13.0]
    assert cells[0, 0] == 11.0 and cells[-1, -1] == 13.0


def test_draw_is_spy(theirs, tmp_path):
    figure = dp.draw(theirs, title="entries", color=dp.mean("value"), width=300, height=200)
    assert "row over col" in repr(figure)
    assert np.isfinite(np.asarray(figure.aggregate)).any()
    assert (figure.aggregate.y_range) == (-2999.5, 0.5)
    for name in ("a.png", "a.svg", "a.pdf"):
        figure.save(tmp_path / name)
    assert "row over value" in repr(dp.draw(theirs, x="value", y="row"))


@pytest.mark.skipif(not hasattr(dp.Canvas, "raster"), reason="canvases draw no images yet")
def test_an_image_of_a_matrix_counts_its_zeros(theirs):
    canvas = dp.Canvas(40, 30)
    for source in (dp.CsrArray(theirs), dp.CooArray(theirs)):
        np.testing.assert_allclose(canvas.raster(source), canvas.raster(theirs.toarray()))


def test_a_table_with_a_column_of_that_name_is_a_table():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"_source": [1.0, 2.0], "nnz": [3.0, 4.0]})
    assert dp.scan(frame).columns == ["_source", "nnz"]
    assert "nnz over _source" in repr(dp.draw(frame))


def test_refused(theirs):
    with pytest.raises(dp.BadArgument, match="sparse matrix"):
        dp.spy(np.eye(3))
    with pytest.raises(dp.BadArgument, match="only a matrix"):
        dp.spy(dp.CooArray(np.ones(3)))
    with pytest.raises(dp.EmptyData, match="nothing is stored"):
        dp.spy(dp.CsrArray(np.zeros((3, 3))))
    with pytest.raises(dp.BadArgument, match="y_range"):
        dp.spy(theirs, y_range=(5, 1))
    with pytest.raises(dp.BadArgument, match="width"):
        dp.spy(theirs, width=0)


def test_notebooks_show_a_thumbnail(theirs):
    text = dp.CsrArray(theirs)._repr_html_()
    assert "data:image/png;base64," in text and "3,000 × 4,000" in text
    assert "img" not in dp.CooArray(np.zeros((3, 3)))._repr_html_()
    assert "img" not in dp.CooArray(np.ones(3))._repr_html_()
