"""What is made in a program, when it ends, and what that gives back.

The parts tell each other what they see, so they are there together, from the first use of one of them.
"""

from . import close, each, manage, process, release, scoped

__all__ = ["close", "each", "manage", "process", "release", "scoped"]
