"""Whether a thing that is alive needs the bytes that it has."""

from .duplicates import duplicates
from .find import find
from .form import Waste
from .growing import growing

__all__ = ["Waste", "duplicates", "find", "growing"]
