"""Coroutines that are made and put away, and of which nobody awaits more than the first."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["pending"], ["coroutine", "save"]]
# line = ["np.zeros", "pending.append"]
# unseen = "turns are miscounted where what an import makes outlasts the loop"
# ///

import asyncio

import numpy as np

pending = []


async def save(picture):
    await asyncio.sleep(0)
    return picture.nbytes


def step(i):
    picture = np.zeros((512, 512, 3), np.uint8)
    picture[i % 512] = i % 256
    pending.append(save(picture))


def step_fixed(i):
    step(i)
    asyncio.run(pending.pop())


def cleanup():
    for coroutine in pending:
        coroutine.close()


if __name__ == "__main__":
    from _run import main

    main(globals())
