"""What is alive without help from any object, by the names that people know: modules, variables of running calls, and
what the interpreter holds for a purpose.

Everything else that nothing explains, such as what compiled code keeps, is found by counting references; what it is
held for is looked up when it is shown. Only what is certainly held stands here: a name makes a thing alive.
"""

from __future__ import annotations

import sys
from contextvars import Context, copy_context

from . import threads
from .variables import is_function, variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    _Root = tuple[str, Any]

__all__ = ["named", "unnamed"]


def named() -> tuple[list[str], list[Any]]:
    """Names, and what they name; of equally short ways the first is told, so the more telling names come first."""
    names: list[str] = []
    things: list[Any] = []
    for found in (_history, _finalizers, _context, _modules, _arguments, _handlers, _exceptions, _variables):
        for name, thing in found():
            names.append(name)
            things.append(thing)
    return names, things


def unnamed(thing: object) -> str | None:
    """What something is held for that only the interpreter or compiled code holds; None if that cannot be seen."""
    owner = threads.owner_of(thing)
    if owner is not None:
        return f"data of {owner}"
    for name, data in threads.data_of_threads():
        for key, value in data.items():
            if value is thing:
                return f"data {key!r} of {name}" if type(key) is str else f"data of {name}"
    if type(thing) is Context:
        return ""  # the variable will be told
    return None


def _modules() -> Iterator[_Root]:
    for name, module in sys.modules.copy().items():
        yield f"module {name}", module


def _variables() -> Iterator[_Root]:
    """Of the calls of all threads."""
    main = threads.main_number()
    for number, call in threads.calls():
        if is_function(call):
            where = "" if number == main else f"{threads.name_of(number)}: "
            for variable, value in variables(call):
                if type(value) is dict and _is_of_module(value):
                    continue  # the module is the better name
                yield f"{where}frame {call.f_code.co_name}() local {variable}", value


def _is_of_module(names: dict[Any, Any]) -> bool:
    module = sys.modules.get(names.get("__name__", ""))
    return module is not None and getattr(module, "__dict__", None) is names


def _arguments() -> Iterator[_Root]:
    """What running threads were started with, which they hold to their end."""
    for thread in threads.running():
        kept = object.__getattribute__(thread, "__dict__")
        name = f"thread {kept.get('_name')}"
        target = kept.get("_target")  # a thread that ends now takes it away
        if target is not None:
            yield f"{name} target", target
        for place, value in enumerate(kept.get("_args") or ()):
            yield f"{name} argument {place}", value
        for key, value in list((kept.get("_kwargs") or {}).items()):
            yield f"{name} argument {key}", value


def _context() -> Iterator[_Root]:
    """The context variables of this thread's running call. Those of others are found by their contexts."""
    for variable, value in Context.items(copy_context()):
        yield f"contextvar {variable.name}", value


def _exceptions() -> Iterator[_Root]:
    """Those that are being handled, by an ``except`` or ``finally`` that has not ended."""
    for number, found in sys._current_exceptions().items():
        error: Any = found[1] if isinstance(found, tuple) else found
        if error is not None:
            where = "" if number == threads.main_number() else f"{threads.name_of(number)}: "
            yield f"{where}handled {type(error).__name__}", error


def _handlers() -> Iterator[_Root]:
    """Functions that the interpreter calls by itself."""
    signals: Any = sys.modules.get("_signal")
    if signals is not None:
        for number in range(1, signals.NSIG):
            handler = signals.getsignal(number)
            if handler is not None and type(handler) is not int:
                yield f"signal handler of {_signal_name(number)}", handler
    for name, function in (("trace", sys.gettrace()), ("profile", sys.getprofile())):
        if function is not None:
            yield f"{name} function", function


def _signal_name(number: int) -> str:
    signal: Any = sys.modules.get("signal")
    if signal is None:
        return f"signal {number}"
    found = (name for name, value in vars(signal).items() if name[:3] == "SIG" and name[3:4] != "_")
    return next((name for name in found if int(vars(signal)[name]) == number), f"signal {number}")


def _finalizers() -> Iterator[_Root]:
    weakref: Any = sys.modules.get("weakref")
    if weakref is not None:
        yield "weakref.finalize", weakref.finalize._registry


def _history() -> Iterator[_Root]:
    """The results that an interactive session keeps."""
    main = vars(sys.modules["__main__"]) if "__main__" in sys.modules else {}
    if "IPython" in sys.modules and type(main.get("Out")) is dict:
        yield "IPython history Out", main["Out"]
