"""What the program's text says about a container, a line, a statement: read, never run."""

from .lines import Binding, binding, statement
from .uses import Place, Store, Use, uses

__all__ = ["Binding", "Place", "Store", "Use", "binding", "statement", "uses"]
