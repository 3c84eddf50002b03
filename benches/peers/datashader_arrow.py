"""A hand-written loop: pyarrow's batches, each drawn by Datashader, the counts added up.

``pre_buffer=False`` is what keeps it small: with pyarrow's default every row group read so far stays in memory.
"""

import protocol

BATCH_ROWS = 1 << 20


def batches(file: str):
    """Yield the record batches of a Parquet or CSV file."""
    if file.endswith(".csv"):
        import pyarrow.csv

        yield from pyarrow.csv.open_csv(file)
        return
    import pyarrow.parquet

    yield from pyarrow.parquet.ParquetFile(file, pre_buffer=False).iter_batches(
        BATCH_ROWS, columns=["x", "y"]
    )


def main() -> None:
    """Draw one file and print its numbers."""
    case, file, out = protocol.arguments()
    importing, _ = protocol.timed(lambda: __import__("datashader.transfer_functions"))
    import datashader as ds
    import datashader.transfer_functions as tf
    import pandas as pd
    import pyarrow

    canvas = ds.Canvas(protocol.WIDTH, protocol.HEIGHT, protocol.X_RANGE, protocol.Y_RANGE)

    def aggregate():
        total = None
        for batch in batches(file):
            frame = pd.DataFrame({name: batch.column(name).to_numpy() for name in "xy"}, copy=False)
            part = canvas.points(frame, "x", "y", agg=ds.count())
            if total is None:
                total = part
            else:
                total.data += part.data
        return total

    def save(result) -> None:
        tf.shade(result, how="eq_hist").to_pil().save(out)

    numbers, result = protocol.once_or_warm(case, aggregate, save)
    versions = {"datashader": ds.__version__, "pyarrow": pyarrow.__version__}
    protocol.answer(versions, import_seconds=importing, **numbers, **protocol.checks(result, "count"))


if __name__ == "__main__":
    main()
