"""Matplotlib: every point one pixel, the file read whole. It counts nothing, so there is no total to compare."""

import protocol


def main() -> None:
    """Draw one file and print its numbers."""
    _, file, out = protocol.arguments()

    def load_libraries() -> None:
        import matplotlib

        matplotlib.use("agg")
        __import__("matplotlib.pyplot")
        __import__("pyarrow.parquet")

    importing, _ = protocol.timed(load_libraries)
    import matplotlib
    import matplotlib.pyplot as plt
    import pyarrow.parquet as pq

    def draw() -> None:
        table = pq.read_table(file, columns=["x", "y"])
        figure = plt.figure(figsize=(protocol.WIDTH / 100, protocol.HEIGHT / 100), dpi=100)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.plot(table["x"].to_numpy(), table["y"].to_numpy(), ",")
        axes.set(xlim=protocol.X_RANGE, ylim=protocol.Y_RANGE)
        figure.savefig(out)

    drawing, _ = protocol.timed(draw)
    protocol.answer({"matplotlib": matplotlib.__version__}, import_seconds=importing, first_seconds=drawing)


if __name__ == "__main__":
    main()
