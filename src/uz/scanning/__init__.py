"""Searching for secrets where they must not be: by patterns, and for the values themselves."""
