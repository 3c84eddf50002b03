"""What is said of numbers that are kept as text, against counting them."""

import base64
import json

import numpy as np
import pytest
from drypoint._watch import waste

rng = np.random.default_rng(0)
VALUES = rng.random(20_000) * 1000


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(VALUES.tolist()),
        json.dumps([{"x": x, "y": y} for x, y in VALUES.reshape(-1, 2).tolist()]),
        "\n".join(map(str, VALUES)),
        ";".join(f"{value:.12e}" for value in -VALUES),
        repr(VALUES.tolist()).encode(),
    ],
    ids=["json", "rows with keys", "lines", "exponents", "bytes"],
)
def test_numbers_as_text_and_how_many(text):
    found = waste.find(text)
    assert (found.kind, found.bytes) == ("text", len(text))
    assert found.needed == pytest.approx(8 * VALUES.size, rel=0.1)
    assert "numbers in writing" in found.why


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(rng.integers(0, 100_000, 50_000).tolist()),  # short numbers take less than 8 bytes
        "all the words of a book, again and again. " * 5000,
        base64.b64encode(VALUES.tobytes()),
        VALUES.tobytes(),
        "0" * 100_000,
        " " * 100_000,
        json.dumps(VALUES[:1000].tolist()),  # small
        json.dumps([{"temperature": value, "station": "north"} for value in VALUES.tolist()]),
    ],
    ids=["integers", "words", "base64", "raw", "zeros", "blanks", "small", "names"],
)
def test_nothing_is_said_of_other_text(text):
    assert waste.find(text) is None
