"""DuckDB: the pixels as a group-by in SQL, on two threads, with its memory limited to 256 MB."""

import protocol

QUERY = """
select least(floor(y * {y_scale!r} + {y_shift!r}), {height} - 1)::integer * {width}
     + least(floor(x * {x_scale!r} + {x_shift!r}), {width} - 1)::integer as bin, count(*) as n
from {table}
where x between {x0!r} and {x1!r} and y between {y0!r} and {y1!r}
group by bin
"""


def main() -> None:
    """Count one file into pixels and print the numbers."""
    case, file, out = protocol.arguments()
    importing, _ = protocol.timed(lambda: __import__("duckdb"))
    import duckdb

    path = file.replace("'", "''")
    table = f"read_csv('{path}')" if file.endswith(".csv") else f"read_parquet('{path}')"
    query = QUERY.format(
        table=table,
        width=protocol.WIDTH,
        height=protocol.HEIGHT,
        x_scale=protocol.X_SCALE,
        x_shift=protocol.X_SHIFT,
        y_scale=protocol.Y_SCALE,
        y_shift=protocol.Y_SHIFT,
        x0=protocol.X_RANGE[0],
        x1=protocol.X_RANGE[1],
        y0=protocol.Y_RANGE[0],
        y1=protocol.Y_RANGE[1],
    )
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "256MB"})

    def aggregate():
        bins = connection.execute(query).fetchnumpy()
        return protocol.grid(bins["bin"], bins["n"])

    def save(counts) -> None:
        protocol.save_gray(counts, out)

    numbers, counts = protocol.once_or_warm(case, aggregate, save)
    protocol.answer(
        {"duckdb": duckdb.__version__},
        import_seconds=importing,
        **numbers,
        **protocol.checks(counts, "count"),
    )


if __name__ == "__main__":
    main()
