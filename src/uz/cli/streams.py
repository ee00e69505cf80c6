"""The standard streams, whatever the caller made of them: closed, full, or read by nobody."""

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

ERRORS = 2
"""The highest number of a standard stream."""


def ready() -> None:
    """Open what is closed, or the next file would get its number; show what has no encoding."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= ERRORS:
        os.set_inheritable(number, True)
    os.close(number)
    if sys.stdin is None:
        sys.stdin = open(0)  # noqa: SIM115, PTH123 - for as long as the process lives
    if sys.stdout is None:
        sys.stdout = open(1, "w")  # noqa: SIM115, PTH123
    if sys.stderr is None:
        sys.stderr = open(2, "w")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def silence(stream: TextIO) -> None:
    """Send the rest to nowhere: nobody listens, and what was begun is brought to its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def flush() -> None:
    """Write what is left, before the end of the process does it and complains."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            silence(stream)
