"""Filtered pictures stay complex, though they are real again."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["spectra"], ["imaginary"]]
# line = ["np.array("]
# ///

import numpy as np

spectra = []


def filtered(i):
    picture = np.random.default_rng(i).random((256, 256))
    return np.array(np.abs(np.fft.ifft2(np.fft.fft2(picture) * 0.5)), complex)


def step(i):
    spectra.append(filtered(i))


def step_fixed(i):
    spectra.append(filtered(i).real.copy())


if __name__ == "__main__":
    from _run import main

    main(globals())
