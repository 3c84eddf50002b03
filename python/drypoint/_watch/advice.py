"""What each way of keeping things means in words, and how it is ended."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .growth import Growth

__all__ = ["advise", "plural"]


def plural(kind: str) -> str:
    """More than one of a kind: ``"matplotlib.Figures"``, ``"arrays"``."""
    if kind in ("numpy.ndarray", "ndarray"):
        return "NumPy arrays"
    if kind.endswith(")"):
        head, _, tail = kind.partition(" (")
        return f"{plural(head)} ({tail}"
    if kind in ("bytes", "str") or kind.endswith(("IO", "ry")):
        return f"{kind} objects"
    if kind.endswith(("s", "x", "ch")):
        return kind if kind.endswith("Axes") else f"{kind}es"
    return f"{kind}s"


def advise(growth: Growth) -> tuple[str, str]:
    """What keeps a growing number of things, and what to do about it.

    Parameters
    ----------
    growth : Growth
        What grows.

    Returns
    -------
    tuple of str
        A clause that follows the name of the things, and a sentence.
    """
    holder, who = growth.holder, growth.way.who
    texts = {
        "pyplot": (
            "are open in pyplot (matplotlib._pylab_helpers.Gcf.figs), which keeps every figure until it is closed",
            "Call plt.close(fig) after saving, or make it with matplotlib.figure.Figure, which pyplot does not keep.",
        ),
        "cache": (
            f"are results kept by the unbounded lru_cache of {who}()",
            f"Give the cache a maxsize, cache something small such as the encoded picture, or call {who}.cache_clear().",
        ),
        "traceback": (
            f"are kept by the traceback of exceptions ({who}) in {holder}: it keeps the frames of the "
            "failed calls with their local variables",
            "Keep str(error), or error.with_traceback(None), in place of the exception.",
        ),
        "generator": (
            f"are local variables of generators {who}() that {holder} holds, suspended at a yield",
            "Close each generator when it is not read any more (contextlib.closing), or run it to its end.",
        ),
        "coroutine": (
            f"are arguments or local variables of coroutines {who}() that {holder} holds and that have not "
            "been run to their end",
            "Await each one, or make a task of it, or close it (coroutine.close()): one that is put away "
            "keeps all it was given.",
        ),
        "future": (
            f"are results of finished {who}s that {holder} holds",
            "Let a future go once its result was used: take it out of the list, or loop over as_completed().",
        ),
        "log record": (
            f"are kept by LogRecords, as their attribute {who!r} (from extra= or the arguments), which {holder} holds",
            "Log the shape or a name in place of the object, or give the handler a small capacity.",
        ),
        "callback": (
            f"are kept by callbacks that stay connected: {holder}",
            "Connect once and read the current data from one place, or disconnect the old one: keep what "
            "mpl_connect() returns for mpl_disconnect().",
        ),
        "animation": (
            f"are frame data that the {who} caches ({holder})",
            "Pass cache_frame_data=False for a stream, or a small save_count.",
        ),
        "history": (
            f"are kept by the output history of the interactive session, {holder}",
            "End the cell with a semicolon or a name, or clear the history (Out.clear(), %reset -f out, "
            "%drypoint_release).",
        ),
        "default argument": (
            f"are kept by the {_default(growth)}, which is made once and lives as long as the function",
            "Use None as the default and make the container inside, or do not keep the things.",
        ),
        "closure": (
            f"are kept by variables of {who}, which {holder} holds",
            "Let the function go when it is not needed any more, or give it what it needs as an argument.",
        ),
        "artists": _artists(growth),
        "class": (
            f"are kept by {holder}, which belongs to the class {who} and is shared by all its instances",
            "Keep them in the instance (self), or take them out when they are done with.",
        ),
        "thread-local": (
            f"are kept by thread-local data ({holder}) as long as the thread lives",
            "Delete the attribute when the work is done: threads of a pool do not end.",
        ),
        "context variable": (
            f"are kept by the {holder}",
            "Reset the variable with its token, or keep something small in it.",
        ),
        "finalizer": (
            "are kept by callbacks of weakref.finalize, whose arguments live until the object dies",
            "Do not give the finalizer what it is to free, nor anything large.",
        ),
        "queue": (
            f"wait in {holder}, which is filled faster than it is emptied",
            "Give the queue a maxsize, so that whoever fills it has to wait, or take out what is done.",
        ),
        "frame": (
            f"are kept by {holder}",
            "Use each one when it is made and let it go, or keep only what is needed of it.",
        ),
    }
    return texts.get(growth.way.kind, _container(growth))


def _default(growth: Growth) -> str:
    """Such as ``default argument seen of annotate()``, from the chain."""
    for piece in growth.chain.split(" → "):
        if piece.startswith("default argument"):
            head, _, function = piece.partition(" of ")
            return f"{head} of {function.split('[')[0].split('.')[0]}()"
    return f"default argument of {growth.way.who}()"


def _container(growth: Growth) -> tuple[str, str]:
    clause = f"are kept by {growth.holder}"
    if growth.subject.endswith("Figure"):
        return clause, "Keep the encoded picture or its path in place of the figure, or let the old ones go."
    if growth.subject.startswith("matplotlib.") and (name := growth.subject.rsplit(".", 1)[-1]) in _INSTEAD:
        return clause, f"{_INSTEAD[name]} An artist is also kept by its Axes until it is removed."
    return (
        clause,
        "Keep only what is needed of them, take out what is done with, or give the container a limit.",
    )


#: By the kind of artist: what to do in place of making another one.
_INSTEAD = {
    "AxesImage": "Make the image once and call image.set_data(frame), or remove the old one first (image.remove()).",
    "Line2D": "Make the line once and call line.set_data(x, y), or remove the old one first (line.remove()).",
    "Text": "Make the text once and call text.set_text(), or remove the old one first (text.remove()).",
    "Annotation": "Make the text once and call text.set_text(), or remove the old one first (text.remove()).",
    "Legend": "Make the legend once, or remove the old one first (legend.remove()): ax.legend() replaces, "
    "fig.legend() adds.",
    "QuadMesh": "Make the mesh once and call mesh.set_array(values), or remove the old one first (mesh.remove()).",
}


def _artists(growth: Growth) -> tuple[str, str]:
    name = growth.subject.rsplit(".", 1)[-1]
    clause = f"pile up in a living {growth.way.who}, {growth.holder}: each call adds one, and none is removed"
    if "colorbar" in growth.subject.lower():
        return (
            clause,
            "Make the colorbar once and call colorbar.update_normal(image), or colorbar.remove() first.",
        )
    if "twin" in name:
        return (
            clause,
            "Make the twin Axes once and update its lines (line.set_data()), or remove it first (twin.remove()).",
        )
    if name.startswith("Axes") and name not in _INSTEAD:
        return (
            clause,
            "Make the Axes once and draw into it again (ax.clear()), or remove the old one first (ax.remove()).",
        )
    if "Collection" in name or "Contour" in name:
        return (
            clause,
            "Change it in place (set_offsets(), set_array()), or remove the old one first (artist.remove()).",
        )
    return clause, _INSTEAD.get(
        name, "Make it once and change it in place, or remove the old one first (artist.remove())."
    )
