"""Datashader on a pandas frame: arrays in memory, and a Parquet file read whole, as its documentation shows."""

import protocol

COLUMNS = {"count": "xy", "auto": "xy", "mean": "xyv", "by": "xyc"}


def main() -> None:
    """Draw one case and print its numbers."""
    case, file, out = protocol.arguments()
    importing, _ = protocol.timed(lambda: __import__("datashader.transfer_functions"))
    import datashader as ds
    import datashader.transfer_functions as tf
    import pandas as pd

    reduction = {"mean": ds.mean("v"), "by": ds.by("c", ds.count())}.get(case, ds.count())
    known = {} if case == "auto" else {"x_range": protocol.X_RANGE, "y_range": protocol.Y_RANGE}

    def aggregate():
        canvas = ds.Canvas(plot_width=protocol.WIDTH, plot_height=protocol.HEIGHT, **known)
        return canvas.points(frame, "x", "y", agg=reduction)

    def save(result) -> None:
        tf.shade(result, how="eq_hist").to_pil().save(out)

    if case == "file":
        seconds, frame = protocol.timed(lambda: pd.read_parquet(file, columns=["x", "y"]))
        drawing, result = protocol.timed(aggregate)
        saving, _ = protocol.timed(lambda: save(result))
        numbers = {"first_seconds": seconds + drawing + saving, "read_seconds": seconds}
    else:
        columns = protocol.load(file, COLUMNS[case])
        if "c" in columns:
            columns["c"] = pd.Categorical.from_codes(columns["c"], protocol.CATEGORIES)
        frame = pd.DataFrame(columns, copy=False)
        numbers, result = protocol.first_and_warm(aggregate, save)
    versions = {"datashader": ds.__version__, "pandas": pd.__version__}
    protocol.answer(versions, import_seconds=importing, **numbers, **protocol.checks(result, case))


if __name__ == "__main__":
    main()
