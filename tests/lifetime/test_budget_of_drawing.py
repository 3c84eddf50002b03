"""What a scope's budget leaves is what is drawn in."""

import drypoint as dp
import numpy as np
import pytest


@pytest.fixture
def rows():
    return {"x": np.arange(1000.0), "y": np.arange(1000.0)}


def test_a_drawing_has_what_the_arrays_of_the_scope_leave(rows):
    with dp.scope("room", budget="40MB"):
        assert dp.draw(rows, x="x", y="y", width=300, height=200) is not None
        held = np.ones(4_990_000)
        with pytest.raises(dp.BudgetExceeded) as refused:
            dp.draw(rows, x="x", y="y", width=3000, height=3000)
        assert refused.value.limit <= 40_000_000 - held.nbytes
        with dp.scope("inside"), pytest.raises(dp.BudgetExceeded):
            dp.draw(rows, x="x", y="y", width=3000, height=3000)
        del held
        dp.draw(rows, x="x", y="y", width=1000, height=1000)
    dp.draw(rows, x="x", y="y", width=3000, height=3000)


def test_a_budget_of_its_own_comes_first(rows):
    with dp.scope("room", budget="1kB"):
        dp.draw(rows, x="x", y="y", width=300, height=200, memory="20MB")
