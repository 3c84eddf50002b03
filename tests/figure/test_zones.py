"""Axes of instants with a time zone show what its clocks show."""

import io
import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import drypoint as dp
import pytest
from drypoint._zones import offsets
from hypothesis import given, settings
from hypothesis import strategies as st

pyarrow = pytest.importorskip("pyarrow")
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "+05:30",
    "-03:00",
]


def zone_of(name):
    return datetime.fromisoformat(f"2024-01-01T00:00{name}").tzinfo if name[0] in "+-" else ZoneInfo(name)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(ZONES), st.integers(-2_000_000_000, 4_000_000_000), st.integers(1, 400_000_000), st.data()
)
def test_offsets_are_those_of_the_zone_at_any_instant(name, start, length, data):
    found = offsets(name, start, start + length)
    assert found[0][0] <= start and all(a < b for (a, _), (b, _) in itertools.pairwise(found))
    for seconds in data.draw(st.lists(st.integers(start, start + length), max_size=20)):
        held = [offset for since, offset in found if since <= seconds][-1]
        assert (
            held == datetime.fromtimestamp(seconds, UTC).astimezone(zone_of(name)).utcoffset().total_seconds()
        )


def test_utc_has_no_offsets_and_unknown_zones_are_told():
    assert offsets("UTC", 0, 1e9) == offsets("+00:00", 0, 1e9) == []
    with pytest.raises(dp.UnsupportedData, match="Mars/Olympus"):
        offsets("Mars/Olympus", 0, 1e9)


def table(zone):
    hours = [datetime(2024, 3, 30, 20, tzinfo=UTC).timestamp() + 600 * step for step in range(60)]
    instants = pyarrow.array([int(at * 1e6) for at in hours], pyarrow.timestamp("us", tz=zone))
    return pyarrow.table({"at": instants, "v": list(range(60))})


def labels(figure):
    buffer = io.BytesIO()
    figure.save(buffer, format="svg")
    return [part.split('"')[0] for part in buffer.getvalue().decode().split('aria-label="')[1:]]


@pytest.mark.parametrize("streamed", [False, True])
def test_the_ticks_stand_at_the_hours_of_the_zone(streamed):
    def drawn(zone):
        source = iter([table(zone)]) if streamed else table(zone)
        return labels(dp.draw(source, "at", "v", width=900, height=300))

    utc, berlin = drawn("UTC"), drawn("Europe/Berlin")
    assert "Europe/Berlin" in berlin and "00:00" in berlin and "31 Mar 2024" in berlin
    assert not any("Berlin" in label for label in utc)
    # Clocks are set from two to three o'clock.
    assert "02:00" in utc and "02:00" not in berlin
