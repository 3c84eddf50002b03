"""A training of some epochs with batches of a data set, and the best weights kept."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np

rng = np.random.default_rng(0)
DATA = rng.random((4000, 300), np.float32)
WANTED = DATA @ rng.random((300, 10), np.float32)


def epoch(weights, rate):
    loss = 0.0
    for start in range(0, len(DATA), 500):
        batch, wanted = DATA[start : start + 500], WANTED[start : start + 500]
        error = batch @ weights - wanted
        weights -= rate * (batch.T @ error) / len(batch)
        loss += float((error**2).mean())
    return loss


def main():
    weights = np.zeros((300, 10), np.float32)
    best, least = None, float("inf")
    history = []
    for _ in range(30):
        loss = epoch(weights, 0.01)
        history.append(loss)
        if loss < least:
            best, least = weights.copy(), loss
    print(len(history), least, best.shape)


if __name__ == "__main__":
    main()
