"""The cases: who draws what from which file, and what Drypoint has to reach.

Commands are lists with these words replaced: {drypoint} the interpreter of the project's .venv, {cli} the command line
tool beside it, {peers} the interpreter of the peers' environment, {file} the data, {out} the picture. In a case that
names arrays, {file} is the common beginning of their files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from targets import AtMost, Difference, DrawsOrRefuses, Faster, Peak, Target, Zero

HERE = Path(__file__).resolve().parent
LIMIT = 64_000_000
ONE, TWO = "Drypoint, 1 thread", "Drypoint, 2 threads"
READ = "one read by NumPy"


@dataclass(frozen=True)
class Contender:
    """One program in a case. `limit_seconds` ends a child that takes absurdly long."""

    name: str
    command: tuple[str, ...]
    ours: bool = False
    limit_seconds: int = 180
    draws: bool = True

    @property
    def needs_drypoint(self) -> bool:
        """Whether it cannot run where only the peers are installed."""
        return self.ours or "{drypoint}" in self.command


@dataclass(frozen=True)
class Case:
    """One row group of the table. `agreement` says which results have to be equal between all contenders."""

    name: str
    title: str
    files: tuple[str, ...]
    contenders: tuple[Contender, ...]
    targets: tuple[Target, ...]
    agreement: str = "counts"
    repeats: int | None = None
    file_argument: str = "{file}"


def peer(name: str, script: str, case: str) -> Contender:
    """A peer's child."""
    return Contender(name, ("{peers}", str(HERE / "peers" / f"{script}.py"), case, "{file}", "{out}"))


def inside(name: str, case: str) -> Contender:
    """Drypoint inside a Python process that the peers' interpreter runs, so that NumPy and pandas are the same."""
    return Contender(name, ("{peers}", str(HERE / "drypoint_cases.py"), case, "{file}", "{out}"), ours=True)


def cli(name: str, threads: int, memory: str = "64MB", times: int = 1) -> Contender:
    """Drypoint's command line, the ranges given as every peer has them."""
    ranges = ("--x-range", "-1", "1", "--y-range", "-1", "1")
    settings = ("--memory", memory, "--threads", str(threads), "--bare", "-o", "{out}", "--json")
    return Contender(
        name, ("{cli}", "draw", *["{file}"] * times, "-x", "x", "-y", "y", *ranges, *settings), ours=True
    )


def arrays(size: str, columns: str) -> tuple[str, ...]:
    """The .npy files of an in-memory case."""
    return tuple(f"points_{size}_{column}.npy" for column in columns)


def in_memory(size: str) -> list[Case]:
    """Points in NumPy arrays: the kernel, then with shading and PNG."""

    def case(
        workload: str, title: str, columns: str, one: float | None, two: float | None, kind: str = ""
    ) -> Case:
        suffix = f":{kind}" if kind else ""
        contenders = (
            inside(ONE, f"{workload}:1{suffix}"),
            inside(TWO, f"{workload}:2{suffix}"),
            peer("Datashader", "datashader_pandas", workload),
            Contender(READ, peer(READ, "numpy_read", workload).command, draws=False),
        )
        targets = (
            Faster(ONE, ("Datashader",), one, "aggregate_seconds"),
            Faster(TWO, ("Datashader",), two, "aggregate_seconds"),
            Faster(ONE, (READ,), None, "aggregate_seconds"),
            Faster(ONE, ("Datashader",), None, "warm_seconds"),
            Faster(TWO, ("Datashader",), None, "warm_seconds"),
        )
        name = f"{workload}-{kind}" if kind else workload
        agreement = {"mean": "means", "by": "categories"}.get(workload, "counts")
        return Case(
            name, title, arrays(size, columns), contenders, targets, agreement, file_argument=f"points_{size}"
        )

    return [
        case("count", f"{size} points in arrays, count", "xy", 1.3, 2.5),
        case("auto", f"{size} points in arrays, count, ranges from the data", "xy", None, None),
        case("mean", f"{size} points in arrays, mean of a float32", "xyv", 2, 3.5),
        case("by", f"{size} points, count by 8 categories, pandas frame", "xyc", 2.5, 5, "pandas"),
        case("by", f"{size} points, count by 8 categories, Arrow table", "xyc", None, None, "arrow"),
        case("by", f"{size} points, count by 8 codes of int8", "xyc", None, None, "codes"),
    ]


def out_of_core(size: str) -> list[Case]:
    """Files to PNG, from process start, in 64 MB."""
    rivals = {
        "Datashader + Dask": "datashader_dask",
        "pyarrow batches + Datashader": "datashader_arrow",
        "Polars streaming": "polars_streaming",
        "DuckDB (256 MB)": "duckdb_sql",
    }
    small = {
        "Datashader + pandas": peer("Datashader + pandas", "datashader_pandas", "file"),
        "Matplotlib": peer("Matplotlib", "matplotlib_pixels", "file"),
    }
    cases = [
        Case(
            "start",
            "1e7 rows of Parquet to PNG",
            ("points_1e7_snappy.parquet",),
            (cli(ONE, 1), cli(TWO, 2), *small.values()),
            (
                Faster(TWO, ("Datashader + pandas",), 10),
                Faster(ONE, tuple(small), None),
                Faster(TWO, ("Matplotlib",), None),
                Peak((ONE, TWO), LIMIT),
            ),
        )
    ]
    kinds = {
        "snappy": ("snappy, as pyarrow writes it", 4),
        "zstd": ("zstd", 1),
        "dictionary": ("dictionary of 4096 values", 1),
        "split": ("BYTE_STREAM_SPLIT and zstd", 1),
        "onegroup": ("one row group", 1),
        "bigpages": ("8 MB pages", 1),
    }
    for kind, (words, times) in kinds.items():
        contenders = (
            cli(ONE, 1),
            cli(TWO, 2),
            *(peer(name, script, "file") for name, script in rivals.items()),
        )
        targets = (
            Faster(TWO, tuple(rivals), times),
            Faster(ONE, tuple(rivals), None),
            Peak((ONE, TWO), LIMIT),
        )
        title = f"{size} rows of Parquet to PNG in 64 MB: {words}"
        cases.append(Case(kind, title, (f"points_{size}_{kind}.parquet",), contenders, targets))
    snappy = (f"points_{size}_snappy.parquet",)
    warm = tuple(peer(name, script, "warm") for name, script in rivals.items())
    cases.append(
        Case(
            "snappy-warm",
            f"{size} rows of Parquet: Drypoint from process start, the peers' second pass",
            snappy,
            (cli(TWO, 2), *warm),
            (Faster(TWO, tuple(rivals), None, rival_field="warm_seconds"),),
            repeats=1,
        )
    )
    tight = "Drypoint, --memory 32MB"
    cases.append(
        Case(
            "memory-32",
            f"{size} rows of Parquet in 32 MB",
            snappy,
            (cli(tight, 2, "32MB"),),
            (DrawsOrRefuses(tight, 32_000_000),),
        )
    )
    ten = "Drypoint, the file ten times"
    cases.append(
        Case(
            "rows-1e9",
            f"ten times {size} rows of Parquet in 64 MB",
            snappy,
            (cli(TWO, 2), cli(ten, 2, times=10)),
            (AtMost(ten, ((TWO, "seconds", 10.5),)), Peak((ten,), LIMIT)),
            agreement="tenfold",
        )
    )
    text = {
        name: rivals[name] for name in ("pyarrow batches + Datashader", "Polars streaming", "DuckDB (256 MB)")
    }
    cases.append(
        Case(
            "csv",
            "1e7 rows of CSV to PNG in 64 MB",
            ("points_1e7.csv",),
            (cli(ONE, 1), cli(TWO, 2), *(peer(name, script, "file") for name, script in text.items())),
            (
                Faster(TWO, ("pyarrow batches + Datashader",), 5),
                Faster(TWO, ("Polars streaming", "DuckDB (256 MB)"), 1),
                Faster(ONE, tuple(text), None),
                Peak((ONE, TWO), LIMIT),
            ),
        )
    )
    return cases


def special(size: str) -> list[Case]:
    """What no peer does, and what a start costs."""
    stream, exhaust, walked = "Drypoint, generator", "the generator alone", "Drypoint, arrays"
    loaded = "[m for m in ('numpy', 'matplotlib', 'pandas') if m in sys.modules]"
    importing = f"""import drypoint, sys; print('{{"modules": "%s"}}' % ' '.join({loaded}))"""
    bare, ours = "bare Python", "import drypoint"
    return [
        Case(
            "generator",
            "a generator of 1e8 points, one pass, ranges unknown",
            (),
            (
                inside(stream, "stream:2"),
                Contender(exhaust, inside(exhaust, "exhaust").command, draws=False),
                inside(walked, "walked:2"),
            ),
            (
                AtMost(
                    stream,
                    ((exhaust, "first_seconds", 1.5), (walked, "warm_seconds", 1.0)),
                    field="first_seconds",
                ),
                Peak((stream,), LIMIT),
            ),
            agreement="totals",
        ),
        Case(
            "import",
            "import drypoint",
            (),
            (
                Contender(ours, ("{drypoint}", "-c", importing), ours=True, draws=False),
                Contender(bare, ("{drypoint}", "-c", "import sys; print('{}')"), draws=False),
            ),
            (Difference(ours, bare, 0.040),),
            agreement="none",
            repeats=15,
        ),
        Case(
            "second",
            "a second picture of the same shape",
            arrays(size, "xy"),
            (inside("Drypoint", "second"),),
            (Zero("Drypoint", "second_misses", "pool misses of the second picture"),),
            agreement="none",
            file_argument=f"points_{size}",
        ),
    ]


def all_cases(size: str) -> list[Case]:
    """Every case, for 1e8 rows or, to try things, 1e7."""
    return [*in_memory(size), *out_of_core(size), *special(size)]
