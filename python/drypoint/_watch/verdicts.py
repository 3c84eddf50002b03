"""The verdicts of a watched run: what each word means, in one place, so that terminal, page and documentation agree."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["VERDICTS", "Verdict", "verdict"]


class Verdict(NamedTuple):
    """One word and what it says.

    Attributes
    ----------
    word : str
        As in a document.
    fault : bool
        Whether the program should be changed. The others only explain where bytes are.
    tone : str
        How it is shown: ``bad``, ``warn`` or ``note``.
    meaning : str
        One or two sentences for those who see the word for the first time.
    """

    word: str
    fault: bool
    tone: str
    meaning: str


#: In the order of how much they matter.
VERDICTS = {
    given.word: given
    for given in (
        Verdict(
            "leak",
            True,
            "bad",
            "Something that is not needed any more is still held, and more of it with every turn. "
            "The chain says by what it is held.",
        ),
        Verdict(
            "handle",
            True,
            "bad",
            "Files, captures, archives or shared memory were opened and not closed. They hold more than memory: "
            "the system limits how many a process may have.",
        ),
        Verdict(
            "native",
            True,
            "bad",
            "Resident memory grows with every turn, but no Python object and no array accounts for it: "
            "compiled code holds the bytes.",
        ),
        Verdict(
            "garbage",
            True,
            "warn",
            "Nothing holds these objects any more, but they refer to each other in a circle, so that only the garbage "
            "collector can free them. Until it comes by they take memory.",
        ),
        Verdict(
            "peak",
            True,
            "warn",
            "Memory that is given back, but that decides for a moment how much the program needs.",
        ),
        Verdict(
            "waste",
            True,
            "warn",
            "The data is wanted, but its form is larger than what it holds, or it is made anew where the old "
            "could be used again.",
        ),
        Verdict(
            "cache",
            False,
            "note",
            "It grew at first and then stopped, a cache that is warm now; or the program gathers data in it "
            "that it seems to want. No fault by itself.",
        ),
        Verdict(
            "allocator",
            False,
            "note",
            "The program gave these bytes back, and the C library keeps them for the next request. "
            "They are free to be used again, and no leak.",
        ),
    )
}


def verdict(word: str) -> Verdict:
    """The verdict of a word.

    Parameters
    ----------
    word : str
        As in a document.

    Returns
    -------
    Verdict
        What is known of it.

    Examples
    --------
    >>> verdict("cache").fault
    False
    """
    return VERDICTS[word]
