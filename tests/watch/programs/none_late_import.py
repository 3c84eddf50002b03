"""A library that is imported in the middle of the work."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np


def step(i):
    values = np.random.default_rng(i).random(20_000)
    if i >= 10:
        import pandas as pd
        from scipy import ndimage

        return float(pd.Series(ndimage.gaussian_filter1d(values, 3)).mean())
    return float(values.mean())


if __name__ == "__main__":
    from _run import main

    main(globals())
