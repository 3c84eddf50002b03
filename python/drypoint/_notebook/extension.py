"""The magics: ``%%drypoint`` looks at a cell, ``%drypoint_release`` lets old outputs go.

IPython is not imported: it is there when these are called, and gives all that is needed through its shell.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from .. import _core
from .._errors import BadArgument
from .._memory import _readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any, NoReturn

__all__ = ["Extension", "Released", "load", "unload"]


class _Options(ArgumentParser):
    """Options of a magic; what is wrong with them is IPython's own error, which is shown without a traceback."""

    def error(self, message: str) -> NoReturn:
        raise _usage(f"{self.prog}: {message}\n{self.format_usage().strip()}")

    def read(self, line: str) -> Namespace:
        import shlex

        try:
            parts = shlex.split(line)
        except ValueError as error:
            raise _usage(f"{self.prog}: {error}") from None
        return self.parse_args(parts)


def _usage(message: str) -> Exception:
    kind: type[Exception] = sys.modules["IPython.core.error"].UsageError
    return kind(message)


def _rows(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise BadArgument(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _variable(text: str) -> str:
    from keyword import iskeyword

    if not text.isidentifier() or iskeyword(text):
        raise BadArgument(f"must be the name of a variable, not {text!r}")
    return text


class Released(dict[str, "Any"]):
    """What ``%drypoint_release`` shows: how many ``outputs`` and ``figures`` went, and the ``bytes`` given back."""

    def __repr__(self) -> str:
        gone = [
            f"{self[what]:,} {what[:-1] if self[what] == 1 else what}"
            for what in ("outputs", "figures")
            if self[what]
        ]
        told = f"let go of {' and '.join(gone)}" if gone else "there were no old outputs"
        return f"{told}; gave back {_readable(self['bytes']).strip()}"

    def _repr_html_(self) -> str:
        return f"<div>{self!r}</div>"


class Extension:
    """The magics of one shell.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
        The shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        #: Pyplot's figures when the running cell began; None if that is not known.
        self._figures: set[int] | None = None

    def install(self) -> None:
        """Make the magics known."""
        self._shell.register_magic_function(self.cell, "cell", "drypoint")
        self._shell.register_magic_function(self.release, "line", "drypoint_release")
        self._shell.events.register("pre_run_cell", self._begin)

    def remove(self) -> None:
        """Make them unknown again."""
        self._shell.events.unregister("pre_run_cell", self._begin)
        magics = self._shell.magics_manager.magics
        magics["cell"].pop("drypoint", None)
        magics["line"].pop("drypoint_release", None)

    def _begin(self, _info: object = None) -> None:
        if "drypoint._lifetime.figures" in sys.modules or "matplotlib.pyplot" in sys.modules:
            from .._lifetime.figures import managers

            self._figures = {id(manager.canvas.figure) for manager in managers()}

    def cell(self, line: str, cell: str) -> None:
        """Run a cell and show what it left behind.

        ::

          %%drypoint [--rows N] [--into NAME]

        Shown are the growth of the process and of NumPy's arrays, figures left open, what names hold more than before,
        and what IPython keeps of past outputs. ``--rows`` is how many rows of each list are shown (10), ``--into`` the
        name of a variable that gets the report, a dict.
        """
        from .cell import SHOWN, observe

        parser = _Options("%%drypoint", add_help=False)
        parser.add_argument("-n", "--rows", type=_checked(_rows), default=SHOWN)
        parser.add_argument("-o", "--into", type=_checked(_variable), metavar="NAME")
        options = parser.read(line)
        shell = self._shell
        shell.compile.ast_parse(
            shell.transform_cell(cell), "<cell>"
        )  # a slip of the pen is shown once, before anything runs
        if shell.should_run_async(cell, transformed_cell=shell.transform_cell(cell)) and _loop_runs():
            raise _usage(
                "%%drypoint cannot run a cell with await at its top level here: put it in a function"
            )
        report = observe(shell, lambda: _run(shell, cell), options.rows)
        if options.into:
            shell.user_ns[options.into] = report
        _show(report)
        _raise_again(shell.last_execution_result)

    def release(self, line: str) -> None:
        """Let old outputs go, and give back to the system what nobody uses.

        ::

          %drypoint_release [--figures]

        Entries of ``Out`` go, and ``_``, ``__``, ``___``, ``_1``, ``_2`` as far as they still mean outputs; variables of
        your own stay as they are. With ``--figures`` figures of past cells that pyplot keeps are closed, as ``plt.close``
        does.
        """
        from .._lifetime import figures
        from .._lifetime.release import release
        from .outputs import Outputs

        parser = _Options("%drypoint_release", add_help=False)
        parser.add_argument("--figures", action="store_true")
        options = parser.read(line)
        before = _core.resident_bytes()
        count = Outputs(self._shell).let_go()
        closed = 0
        if options.figures:
            for manager in figures.managers():
                if self._figures is None or id(manager.canvas.figure) in self._figures:
                    figures.leave_pyplot(manager.canvas.figure)
                    closed += 1
            manager = None
        release()
        freed = max(0, before - _core.resident_bytes())
        _show(Released(outputs=count, figures=closed, bytes=freed))


def _checked(check: Any) -> Any:
    """A check as argparse wants it: what it says is shown as it stands."""
    from argparse import ArgumentTypeError

    def read(text: str) -> Any:
        try:
            return check(text)
        except BadArgument as error:
            raise ArgumentTypeError(str(error)) from None

    return read


def _loop_runs() -> bool:
    """Whether an event loop runs in this thread, as in Jupyter."""
    loops: Any = sys.modules.get("asyncio")
    return loops is not None and loops._get_running_loop() is not None


def _run(shell: Any, cell: str) -> None:
    """Run it as the shell does; its result is the shell's, and no frame of ours holds it."""
    shell.run_cell(cell, store_history=False)
    number = shell.displayhook.prompt_count
    numbers: dict[str, int] = getattr(shell.compile, "_filename_map", {})
    for name, given in numbers.items():  # a run inside a run has the number of the next cell
        if given > number:
            numbers[name] = number


def _show(report: object) -> None:
    display: Any = __import__("IPython.display", fromlist=["display"]).display
    display(report)


def _raise_again(result: Any) -> None:
    """An error in the cell ends the cells that wait, as it would without us; the shell has shown it."""
    error = None if result is None else result.error_before_exec or result.error_in_exec
    if error is None:
        return

    def shown_already() -> list[str]:
        del error._render_traceback_
        return []

    if isinstance(error, Exception):
        error._render_traceback_ = shown_already  # type: ignore[attr-defined]
    raise error


_loaded: dict[int, Extension] = {}


def load(shell: Any) -> None:
    """``%load_ext drypoint``."""
    if id(shell) not in _loaded:
        _loaded[id(shell)] = Extension(shell)
        _loaded[id(shell)].install()


def unload(shell: Any) -> None:
    """``%unload_ext drypoint``."""
    extension = _loaded.pop(id(shell), None)
    if extension is not None:
        extension.remove()
