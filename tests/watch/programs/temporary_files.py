"""Temporary files that stay open and on disk for as long as their sheet."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["temporary", "Temporary", "tempfile"], ["sheets"], ["close"]]
# line = ["NamedTemporaryFile"]
# ///

import tempfile


class Sheet:
    def __init__(self, number):
        self.file = tempfile.NamedTemporaryFile(suffix=".svg")
        self.file.write(b"<svg/>" * number)


sheets = []


def step(i):
    sheets.append(Sheet(i))


def step_fixed(i):
    sheets.append(Sheet(i))
    sheets[-1].file.close()


if __name__ == "__main__":
    from _run import main

    main(globals())
