"""Pages of a report, written one after the other with one figure."""
# /// case
# kind = "none"
# verdict = []
# ///

import io

import numpy as np
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure


def main():
    figure = Figure(figsize=(3, 3))
    with PdfPages(io.BytesIO()) as report:
        for number in range(25):
            figure.clear()
            axes = figure.subplots()
            axes.hist(np.random.default_rng(number).normal(size=2000), bins=40)
            axes.set_title(f"page {number}")
            report.savefig(figure)


if __name__ == "__main__":
    main()
