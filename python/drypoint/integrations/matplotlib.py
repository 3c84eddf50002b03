"""Matplotlib's figures, animations and movie writers: how they are seen, and how they are closed."""

from __future__ import annotations

from contextlib import suppress

from .._lifetime import closers, constructions, figures, keeping, open_figures
from .._lifetime.shell import is_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["watch"]


def watch(module: ModuleType) -> None:
    """See what the module makes."""
    if module.__name__ == "matplotlib.figure":
        constructions.wrap(module.Figure)
        _wrap_restored(module.Figure)
        _wrap_drawing(module.FigureCanvasBase)
    elif module.__name__ == "matplotlib._pylab_helpers":
        _wrap_registering(module.Gcf)
    elif module.__name__ == "matplotlib.animation":
        constructions.wrap(module.Animation)
        constructions.wrap(module.AbstractMovieWriter, "MovieWriter")
        for name in ("MovieWriter", "FileMovieWriter", "PillowWriter", "HTMLWriter"):
            _wrap_finish(getattr(module, name))


def _wrap_restored(kind: Any) -> None:
    """See figures that come from a pickle or a copy, which are made without ``__init__``."""
    from functools import wraps

    original = kind.__setstate__

    @wraps(original)
    def __setstate__(self: Any, state: Any) -> None:
        original(self, state)
        constructions.made(self, "Figure")

    kind.__setstate__ = __setstate__
    constructions.on_unwatch(lambda: _put_back(kind, "__setstate__", __setstate__, original))


def _wrap_registering(kind: Any) -> None:
    """See when pyplot has one figure more: the moment at which a limit can be passed."""
    registering = kind.__dict__.get("_set_new_active_manager")
    if not isinstance(registering, classmethod):  # a limit is then kept when figures are made or drawn
        return
    original = registering.__func__

    def set_new_active_manager(cls: Any, manager: Any) -> None:
        original(cls, manager)
        open_figures.keep_rules()

    wrapped = classmethod(set_new_active_manager)
    kind._set_new_active_manager = wrapped
    constructions.on_unwatch(lambda: _put_back(kind, "_set_new_active_manager", wrapped, registering))


def _wrap_drawing(kind: Any) -> None:
    """See when a figure is saved: the moment before it takes memory for its pixels."""
    from functools import wraps

    original = kind.print_figure

    @wraps(original)
    def print_figure(self: Any, *args: Any, **kwargs: Any) -> Any:
        figure = getattr(self, "figure", None)
        open_figures.drawn(figure)
        del figure
        result = original(self, *args, **kwargs)
        open_figures.was_drawn(self)
        return result

    kind.print_figure = print_figure
    constructions.on_unwatch(lambda: _put_back(kind, "print_figure", print_figure, original))


def _wrap_finish(kind: Any) -> None:
    """Note on a movie writer that it has finished: Matplotlib does not."""
    from functools import wraps

    original = kind.__dict__.get("finish")
    if original is None:
        return

    @wraps(original)
    def finish(self: Any) -> Any:
        self._drypoint_finished = True
        return original(self)

    kind.finish = finish
    constructions.on_unwatch(lambda: _put_back(kind, "finish", finish, original))


def _put_back(kind: Any, name: str, wrapped: object, original: object) -> None:
    if kind.__dict__.get(name) is wrapped:
        setattr(kind, name, original)


# Figures


def _close_figure(figure: Any, failing: bool) -> closers.Closed:
    scope = getattr(getattr(figure, "holder", None), "name", None)
    return figures.close_figure(figure, scope, getattr(figure, "place", None))


def _size(figure: Any) -> int:
    width, height = figures.area(figure)
    return width * height * 4


# Animations


def _close_animation(animation: Any, failing: bool) -> None:
    """Stop it, let its cached frames go and close its generator."""
    names = vars(animation)
    if names.get("event_source") is not None:
        names["event_source"].stop()
        if is_shell(names.get("_fig")):  # closed with an inner scope
            names["event_source"] = None
        else:
            animation._stop()
    for name in ("_save_seq", "_framedata"):
        if hasattr(names.get(name), "clear"):
            names[name].clear()
    frames = names.pop("frame_seq", None)
    if hasattr(frames, "close"):
        frames.close()
    names["frame_seq"] = iter(())


def _animation_is_open(animation: Any) -> bool:
    return vars(animation).get("event_source") is not None or bool(vars(animation).get("_save_seq"))


# Movie writers


def _close_writer(writer: Any, failing: bool) -> None:
    """Finish the movie, or, with an exception under way, stop the encoder and remove what it began."""
    names = vars(writer)
    if not failing:
        writer.finish()
    else:
        process = names.get("_proc")
        if process is not None and process.returncode is None:
            _stop(process)
            _remove(names.get("outfile"))
        folder = names.get("_tmpdir")
        if folder is not None:
            folder.cleanup()
        writer._drypoint_finished = True
    if names.get("_frames") is not None:
        names["_frames"] = []


def _stop(process: Any) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):  # what was not yet written cannot be
                pipe.close()
    process.wait()


def _remove(path: Any) -> None:
    from os import unlink

    with suppress(OSError, TypeError):  # never written, or no path
        unlink(path)


def _writer_is_open(writer: Any) -> bool:
    """Whether it was set up, has something to finish, and did not finish."""
    names = vars(writer)
    if "outfile" not in names or names.get("_drypoint_finished"):
        return False
    process = names.get("_proc")
    if process is not None:
        return process.returncode is None
    return bool(names.get("_frames") or names.get("_temp_paths") or names.get("_saved_frames"))


def _writer_parts(writer: Any) -> list[Any]:
    """The frames that are not written yet, and the folder of those that wait in files."""
    names = vars(writer)
    return [*(names.get("_frames") or ()), names.get("_tmpdir")]


def _is_open(figure: Any) -> bool:
    return not is_shell(figure)


closers.add("matplotlib.figure.Figure", closers.Closer(_close_figure, _is_open, _size, by_reference=True))
closers.add("matplotlib.animation.Animation", closers.Closer(_close_animation, _animation_is_open))
closers.add(
    "matplotlib.animation.AbstractMovieWriter",
    closers.Closer(_close_writer, _writer_is_open, parts=_writer_parts),
)
for _name in ("artist.Artist", "backend_bases.FigureCanvasBase", "backend_bases.FigureManagerBase"):
    keeping.owners[f"matplotlib.{_name}"] = figures.root_figure
