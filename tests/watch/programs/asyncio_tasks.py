"""Tasks are put into a set so that they are not lost, and stay there with their results when they are done."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["running"], ["Task"]]
# line = ["np.full", "running.add", "create_task"]
# ///

import asyncio

import numpy as np

LOOP = asyncio.new_event_loop()
running = set()


async def fetch(i):
    await asyncio.sleep(0)
    return np.full(150_000, i, float)


async def turn(i, forget):
    task = asyncio.create_task(fetch(i))
    running.add(task)
    if forget:
        task.add_done_callback(running.discard)
    return (await task).sum()


def step(i):
    LOOP.run_until_complete(turn(i, forget=False))


def step_fixed(i):
    LOOP.run_until_complete(turn(i, forget=True))


def cleanup():
    LOOP.close()


if __name__ == "__main__":
    from _run import main

    main(globals())
