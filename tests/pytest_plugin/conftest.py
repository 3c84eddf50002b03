"""Each test here runs pytest itself, in a process of its own, on a few tests that it writes."""

from __future__ import annotations

import pytest


@pytest.fixture
def run(pytester: pytest.Pytester):
    """Write a file of tests, and run it with the plugin."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")

    def run(text: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=text)
        return pytester.runpytest_subprocess(
            "-p", "drypoint_pytest", "-p", "no:cacheprovider", "--strict-markers", *options, timeout=120
        )

    return run
