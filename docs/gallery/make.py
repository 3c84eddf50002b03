"""Make the gallery: `python docs/gallery/make.py` draws every picture of `pictures.py`, each in a process of its own with
a budget of its own, and writes `README.md`. Name some of them to make only those."""

import argparse
import inspect
import subprocess
import sys
import textwrap
from pathlib import Path

HERE = Path(__file__).parent
BUDGET = "32MB"


def main():
    """Make what the command line names."""
    sys.path.insert(0, str(HERE))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="pictures; all by default")
    parser.add_argument("--one", action="store_true", help="draw the picture here and print what it held")
    options = parser.parse_args()
    import pictures

    recipes = {
        name: made
        for name, made in vars(pictures).items()
        if inspect.isfunction(made) and made.__module__ == "pictures"
    }
    if options.one:
        print(draw(options.names[0], recipes[options.names[0]]))
        return
    held = {}
    for name in options.names or recipes:
        command = [sys.executable, __file__, "--one", name]
        held[name] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        print(name, held[name], f"{(HERE / name).with_suffix('.png').stat().st_size / 1e3:.0f} kB")
    if not options.names:
        page = "\n".join(section(name, made, held[name]) for name, made in recipes.items())
        (HERE / "README.md").write_text(HEAD + "\n" + page, encoding="utf-8")


def draw(name, made):
    """Save one picture, and say what it took."""
    import drypoint as dp

    dp.set_budget(BUDGET)
    with made() as drawn:
        drawn.save((HERE / name).with_suffix(".png"))
    return f"In a budget of {BUDGET}; held at most {dp.memory()['peak_reserved'] / 1e6:.1f} MB."


def section(name, made, held):
    """The picture with its title, its words, its code and what it took."""
    lines = inspect.getsource(made).splitlines()
    title, _, words = inspect.getdoc(made).partition("\n")
    start = (
        next(number for number, line in enumerate(lines) if number > 1 and line.strip() == '"""') + 1
        if words
        else 2
    )
    code = (
        textwrap.dedent("\n".join(lines[start:]))
        .strip("\n")
        .removesuffix("\nreturn figure")
        .replace("\nreturn ", "\nfigure = ")
    )
    code = "figure = " + code.removeprefix("return ") if code.startswith("return ") else code
    shown = [f"## {title}", "", words.strip(), ""] if words.strip() else [f"## {title}", ""]
    return "\n".join([*shown, f"![{title}]({name}.png)", "", held, "", "```python", code, "```", ""])


HEAD = """# Gallery

Every picture here is made by [`make.py`](make.py) from [`pictures.py`](pictures.py), in the budget that is printed below
it. The data is made by the formulas in [`data.py`](data.py); the arrays themselves are NumPy's and not counted.

```python
import drypoint as dp
import numpy as np
from data import attractor, events, fan, islands, photo, power, sheet, terrain, towns, visits, walks, year
```
"""

if __name__ == "__main__":
    main()
