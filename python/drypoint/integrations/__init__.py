"""Other libraries: one file for each, loaded when the program has imported it. What to wrap, and how to close."""
