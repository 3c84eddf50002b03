"""What the gallery draws: made by formulas, so that each picture can be made again to the pixel."""

import numpy as np


def towns(n=200_000):
    """People around five towns: where they live, in which one, and what they earn."""
    rng = np.random.default_rng(7)
    centres = np.array([(2, 3), (7, 7.5), (8, 2), (4.5, 6), (1, 8)])
    town = rng.choice(5, n, p=[0.4, 0.25, 0.2, 0.1, 0.05])
    far = rng.gamma(1.4, 0.45, n)
    turn = rng.uniform(0, 2 * np.pi, n)
    x, y = centres[town, 0] + far * np.cos(turn), centres[town, 1] + far * np.sin(turn)
    names = np.array(["Alder", "Birch", "Cedar", "Dogwood", "Elm"])
    return {
        "x": x,
        "y": y,
        "town": names[town],
        "income": 30 + 25 * np.exp(-far) + rng.normal(0, 6, n) + 3 * town,
    }


def year(n=100_000):
    """A year of temperature and rain, every five minutes."""
    rng = np.random.default_rng(8)
    time = np.datetime64("2024-01-01T00:00") + np.arange(n) * np.timedelta64(5, "m")
    day = np.arange(n) * 5 / 1440
    noise = np.convolve(rng.normal(0, 1, n), np.ones(300) / 300, "same") * 30
    heat = 9 - 11 * np.cos(2 * np.pi * (day - 20) / 366) - 4 * np.cos(2 * np.pi * day) + noise
    rain = np.cumsum(np.where(rng.random(n) < 0.004, rng.exponential(2.0, n), 0))
    return {"time": time, "heat": heat, "rain": rain}


def walks(count=60, steps=400):
    """Random walks, one after the other."""
    rng = np.random.default_rng(9)
    ways = np.cumsum(rng.normal(0, 1, (count, steps)), axis=1)
    names = np.repeat([f"walk {number}" for number in range(count)], steps)
    return {"step": np.tile(np.arange(steps), count), "value": ways.ravel(), "walk": names}


def attractor(n=400_000):
    """Points of Clifford's attractor: many starts side by side, so that NumPy makes them quickly."""
    x = np.linspace(-1, 1, 4000)
    y = x[::-1].copy()
    parts = []
    for _ in range(n // 4000 + 20):
        x, y = np.sin(-1.4 * y) + np.cos(-1.4 * x), np.sin(1.6 * x) + 0.7 * np.cos(1.6 * y)
        parts.append((x, y))
    return {"x": np.concatenate([x for x, _ in parts[20:]]), "y": np.concatenate([y for _, y in parts[20:]])}


def terrain(rows=900, columns=1600):
    """Heights of hills in metres, row 0 in the north."""
    y, x = np.mgrid[0 : 9 : rows * 1j, 0 : 16 : columns * 1j]
    height = 420 + 160 * np.sin(x * 0.9) * np.cos(y * 0.8)
    for turn in range(1, 6):
        height += (
            120
            / turn**1.6
            * np.sin(2**turn * 0.6 * (x + 0.7 * y) + turn)
            * np.cos(2**turn * 0.5 * (y - x * 0.4))
        )
    return height


def photo(rows=400, columns=600):
    """A sky at dusk: red, green and blue."""
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1.5 : columns * 1j]
    sun = np.exp(-((x - 1.0) ** 2 + (y - 0.72) ** 2) * 18)
    colours = [250 * y**1.3 + 90 * sun, 60 + 110 * y + 90 * sun, 140 - 40 * y + 40 * sun]
    hills = y > 0.8 + 0.05 * np.sin(7 * x) + 0.03 * np.sin(17 * x + 1)
    return np.where(hills[..., None], [24, 22, 40], np.stack(colours, axis=-1)).clip(0, 255).astype("u1")


def events(n=60_000):
    """How long each of many jobs took, against its size: both over many orders of magnitude."""
    rng = np.random.default_rng(10)
    size = 10 ** rng.normal(3.5, 1.2, n)
    seconds = 0.002 * size**0.8 * 10 ** rng.normal(0, 0.35, n) + 0.01
    return {"size": size, "seconds": seconds}


def power(days=120):
    """What wind, sun and water give each day, in gigawatt hours, and the rain."""
    rng = np.random.default_rng(11)
    day = np.arange(days, dtype=float)
    wind = np.convolve(rng.gamma(2.0, 4.0, days + 6), np.ones(7) / 7, "valid")
    sun = 9 + 6 * np.sin(np.pi * day / days) + rng.normal(0, 1, days)
    rain = np.where(rng.random(days) < 0.35, rng.exponential(6.0, days), 0)
    return {"day": day, "wind": wind, "sun": sun, "water": 6 + np.sin(day / 9), "rain": rain}


def islands(count=40):
    """Islands, each with a lake, and how many live there."""
    rng = np.random.default_rng(12)
    shapes = []
    turn = np.linspace(0, 2 * np.pi, 241)
    for _ in range(count):
        x, y, size = rng.uniform(0, 16), rng.uniform(0, 9), rng.uniform(0.3, 1.1)
        coast = 1 + sum(rng.normal(0, 0.25 / k) * np.sin(k * turn + rng.uniform(0, 6)) for k in range(1, 9))
        ring = np.column_stack([x + size * coast * np.cos(turn), y + size * coast * np.sin(turn)])
        lake = np.column_stack([x + 0.3 * size * np.cos(turn), y + 0.2 * size * np.sin(turn)])
        shapes.append([ring, lake[::-1]])
    return {"geometry": shapes, "people": rng.lognormal(3, 1, count)}


def visits(n=200_000):
    """At which hour of which day of the week people came, and from where."""
    rng = np.random.default_rng(13)
    days = np.array([f"day {number}" for number in range(1, 8)])
    day = rng.choice(7, n, p=[0.12, 0.11, 0.12, 0.13, 0.17, 0.21, 0.14])
    hour = np.clip(rng.normal(np.where(day > 4, 14, 17), 3.2), 6, 23.99).astype(int)
    return {"day": days[day], "hour": np.char.add(np.char.zfill(hour.astype(str), 2), " h")}


def sheet(rows=60, columns=80):
    """A rubber sheet as vertices and triangles: x, y and the height of each vertex."""
    v, u = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    x = 16 * u + np.sin(5 * v)
    y = 9 * v + np.sin(6 * u)
    height = np.sin(9 * u) * np.cos(7 * v)
    corner = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, :-1], corner[1:, 1:]
    triangles = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)]
    )
    return np.column_stack([x.ravel(), y.ravel(), height.ravel()]), triangles


def fan(rings=90, turns=240):
    """Measurements around a mast: how strong, at which distance and in which direction."""
    distance, turn = np.mgrid[1 : 10 : rings * 1j, -0.4 : np.pi + 0.4 : turns * 1j]
    strength = np.exp(-distance / 6) * (1 + np.cos(6 * turn) * np.sin(distance))
    return strength, distance * np.cos(turn), distance * np.sin(turn)
