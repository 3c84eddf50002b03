"""Drypoint inside IPython and Jupyter: what a cell leaves behind, and letting old outputs go."""
