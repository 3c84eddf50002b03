"""What the program's text says about a container, a line, a statement: read, never run."""

from .lines import Binding, binding, statement
from .use import Place, Store, Use
from .uses import uses

__all__ = ["Binding", "Place", "Store", "Use", "binding", "statement", "uses"]
