"""A program under observation: what grows, who holds it, and what its form wastes."""
