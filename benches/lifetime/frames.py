"""What OpenCV programs do with 4K frames, without `dst=` and with it.

python benches/lifetime/frames.py plain pipeline
"""

import cv2
import numpy as np
from turns import main

STEPS = {"gray": 200, "blur": 60, "difference": 200, "rgb": 200, "resize": 200, "pipeline": 60, "mean": 30}
WIDTH, HEIGHT = 3840, 2160
SMALL = (1920, 1080)


def camera():
    """Four frames of noise that come round again and again."""
    rng = np.random.default_rng(11)
    return [rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(4)]


def prepare(step, by_hand):
    frames = camera()
    grays = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames]

    def gray(turns):
        for turn in turns:
            result = cv2.cvtColor(frames[turn % 4], cv2.COLOR_BGR2GRAY)
        return float(result.sum())

    def gray_by_hand(turns):
        result = np.empty((HEIGHT, WIDTH), np.uint8)
        for turn in turns:
            cv2.cvtColor(frames[turn % 4], cv2.COLOR_BGR2GRAY, dst=result)
        return float(result.sum())

    def blur(turns):
        for turn in turns:
            result = cv2.GaussianBlur(frames[turn % 4], (5, 5), 0)
        return float(result.sum())

    def blur_by_hand(turns):
        result = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        for turn in turns:
            cv2.GaussianBlur(frames[turn % 4], (5, 5), 0, dst=result)
        return float(result.sum())

    def difference(turns):
        for turn in turns:
            moved = cv2.absdiff(grays[turn % 4], grays[(turn + 1) % 4])
            _, result = cv2.threshold(moved, 25, 255, cv2.THRESH_BINARY)
        return float(result.sum())

    def difference_by_hand(turns):
        moved, result = np.empty((HEIGHT, WIDTH), np.uint8), np.empty((HEIGHT, WIDTH), np.uint8)
        for turn in turns:
            cv2.absdiff(grays[turn % 4], grays[(turn + 1) % 4], dst=moved)
            cv2.threshold(moved, 25, 255, cv2.THRESH_BINARY, dst=result)
        return float(result.sum())

    def rgb(turns):
        for turn in turns:
            result = cv2.cvtColor(frames[turn % 4], cv2.COLOR_BGR2RGB)
        return float(result.sum())

    def rgb_by_hand(turns):
        result = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        for turn in turns:
            cv2.cvtColor(frames[turn % 4], cv2.COLOR_BGR2RGB, dst=result)
        return float(result.sum())

    def resize(turns):
        for turn in turns:
            result = cv2.resize(frames[turn % 4], SMALL)
        return float(result.sum())

    def resize_by_hand(turns):
        result = np.empty((SMALL[1], SMALL[0], 3), np.uint8)
        for turn in turns:
            cv2.resize(frames[turn % 4], SMALL, dst=result)
        return float(result.sum())

    def pipeline(turns):
        before = grays[0]
        for turn in turns:
            frame = frames[turn % 4]
            now = cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (5, 5), 0)
            _, moved = cv2.threshold(cv2.absdiff(now, before), 25, 255, cv2.THRESH_BINARY)
            shown = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), SMALL)
            before = now
        return float(moved.sum()) + float(shown.sum())

    def pipeline_by_hand(turns):
        one = (HEIGHT, WIDTH)
        plain_gray, now, before, changed, moved = (np.empty(one, np.uint8) for _ in range(5))
        colour = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        shown = np.empty((SMALL[1], SMALL[0], 3), np.uint8)
        np.copyto(before, grays[0])
        for turn in turns:
            frame = frames[turn % 4]
            cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY, dst=plain_gray)
            cv2.GaussianBlur(plain_gray, (5, 5), 0, dst=now)
            cv2.absdiff(now, before, dst=changed)
            cv2.threshold(changed, 25, 255, cv2.THRESH_BINARY, dst=moved)
            cv2.cvtColor(frame, cv2.COLOR_BGR2RGB, dst=colour)
            cv2.resize(colour, SMALL, dst=shown)
            now, before = before, now
        return float(moved.sum()) + float(shown.sum())

    def mean(turns):
        running = frames[0].astype(np.float32)
        for turn in turns:
            running = running * np.float32(0.9) + frames[turn % 4].astype(np.float32) * np.float32(0.1)
            shown = cv2.convertScaleAbs(running)
        return float(shown.sum())

    def mean_by_hand(turns):
        running = frames[0].astype(np.float32)
        part, shown = np.empty_like(running), np.empty_like(frames[0])
        for turn in turns:
            np.multiply(running, np.float32(0.9), out=running)
            np.copyto(part, frames[turn % 4])
            np.multiply(part, np.float32(0.1), out=part)
            np.add(running, part, out=running)
            cv2.convertScaleAbs(running, dst=shown)
        return float(shown.sum())

    return {name: work for name, work in locals().items() if callable(work)}[
        f"{step}_by_hand" if by_hand else step
    ]


if __name__ == "__main__":
    main(prepare, STEPS, warm=5)
