"""Datashader with Dask: one partition for each row group, on two threads of one process."""

import protocol


def main() -> None:
    """Draw one file and print its numbers."""
    case, file, out = protocol.arguments()
    importing, _ = protocol.timed(lambda: __import__("datashader.transfer_functions"))
    import dask
    import dask.dataframe as dd
    import datashader as ds
    import datashader.transfer_functions as tf

    dask.config.set(scheduler="threads", num_workers=2)
    canvas = ds.Canvas(protocol.WIDTH, protocol.HEIGHT, protocol.X_RANGE, protocol.Y_RANGE)

    def aggregate():
        frame = dd.read_parquet(file, columns=["x", "y"], split_row_groups=True)
        return canvas.points(frame, "x", "y", agg=ds.count())

    def save(result) -> None:
        tf.shade(result, how="eq_hist").to_pil().save(out)

    numbers, result = protocol.once_or_warm(case, aggregate, save)
    versions = {"datashader": ds.__version__, "dask": dask.__version__}
    protocol.answer(versions, import_seconds=importing, **numbers, **protocol.checks(result, "count"))


if __name__ == "__main__":
    main()
