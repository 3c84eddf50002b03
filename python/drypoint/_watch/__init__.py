"""Watching a program: where every byte is, and who holds it."""
