"""Errors of a run are gathered for a report; each has another as its context, which keeps the frame that failed."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["problems"], ["RenderError", "KeyError", "traceback"]]
# line = ["np.zeros"]
# ///

import numpy as np


class RenderError(Exception):
    pass


problems = {}


def layer(name):
    mask = np.zeros((900, 900), np.uint8)
    mask[{"sky": 1}[name]] = 1
    return mask


def render(name):
    try:
        return layer(name)
    except KeyError:
        raise RenderError(f"no layer {name}")  # noqa: B904


def step(i):
    try:
        render(f"layer {i}")
    except RenderError as error:
        problems[i] = error.with_traceback(None)


def step_fixed(i):
    try:
        render(f"layer {i}")
    except RenderError as error:
        problems[i] = str(error)


if __name__ == "__main__":
    from _run import main

    main(globals())
