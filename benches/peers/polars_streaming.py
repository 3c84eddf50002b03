"""Polars: the pixels as a streaming group-by."""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import protocol


def main() -> None:
    """Count one file into pixels and print the numbers."""
    case, file, out = protocol.arguments()
    importing, _ = protocol.timed(lambda: __import__("polars"))
    import polars as pl

    def pixel(name: str, scale: float, shift: float, pixels: int) -> pl.Expr:
        return (pl.col(name) * scale + shift).floor().cast(pl.Int32).clip(upper_bound=pixels - 1)

    def aggregate():
        rows = pl.scan_csv(file) if file.endswith(".csv") else pl.scan_parquet(file)
        x = pixel("x", protocol.X_SCALE, protocol.X_SHIFT, protocol.WIDTH)
        y = pixel("y", protocol.Y_SCALE, protocol.Y_SHIFT, protocol.HEIGHT)
        bins = (
            rows.filter(pl.col("x").is_between(*protocol.X_RANGE) & pl.col("y").is_between(*protocol.Y_RANGE))
            .select((y * protocol.WIDTH + x).alias("bin"))
            .group_by("bin")
            .len()
            .collect(engine="streaming")
        )
        return protocol.grid(bins["bin"].to_numpy(), bins["len"].to_numpy())

    def save(counts) -> None:
        protocol.save_gray(counts, out)

    numbers, counts = protocol.once_or_warm(case, aggregate, save)
    protocol.answer(
        {"polars": pl.__version__}, import_seconds=importing, **numbers, **protocol.checks(counts, "count")
    )


if __name__ == "__main__":
    main()
