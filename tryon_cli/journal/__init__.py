"""The journal of an output folder: its runs and how each row ended."""
