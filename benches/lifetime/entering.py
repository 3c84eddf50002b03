"""What watching costs where nothing is large: an image that is made, and a scope that is entered and left.

python benches/lifetime/entering.py

Prints microseconds: the least of nine rounds each, before the first scope, within one, and after it.
"""

from timeit import repeat

import drypoint as dp
from PIL import Image

ROUNDS, TIMES = 9, 20_000


def microseconds(action):
    return min(repeat(action, number=TIMES, repeat=ROUNDS)) / TIMES * 1e6


def image():
    Image.new("L", (4, 4))


def scope():
    with dp.scope():
        pass


before = microseconds(image)
with dp.scope():
    within = microseconds(image)
print(
    f"an image        {before:6.2f} before, {within:6.2f} within a scope, {microseconds(image):6.2f} after it"
)
print(f"an empty scope  {microseconds(scope):6.2f}")
