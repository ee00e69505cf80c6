"""Asking before something cannot be taken back."""

import sys


def agreed(question: str, *, yes: bool) -> bool:
    """Ask on the terminal; without one the answer is no, unless `yes` was given."""
    if yes:
        return True
    if not sys.stdin.isatty():
        print(f"{question} Not asked, as there is no terminal: use --yes", file=sys.stderr)
        return False
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
