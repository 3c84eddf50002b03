"""A server of pictures: each answer is kept by its request."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["answers"]]
# line = ["np.full"]
# ///

import asyncio
import sys

import numpy as np

answers = {}


async def render(number):
    await asyncio.sleep(0.001)
    return np.full((400, 600, 3), number % 256, np.uint8)


async def serve(requests, keep):
    while True:
        number = await requests.get()
        picture = await render(number)
        print(number, picture.mean())
        if keep:
            answers[number] = picture
        requests.task_done()


async def main(turns, keep):
    requests = asyncio.Queue(4)
    server = asyncio.create_task(serve(requests, keep))
    for number in range(turns):
        await requests.put(number)
    await requests.join()
    server.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(next((w for w in sys.argv[1:] if w.isdigit()), 40)), "--fixed" not in sys.argv))
