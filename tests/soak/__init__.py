"""Runs that take hours, by hand: `python -m tests.soak.display`."""
