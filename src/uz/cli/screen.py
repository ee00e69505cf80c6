"""Printing for people: lines, tables, colour on a terminal only."""

import os
import re
import sys
from collections.abc import Sequence
from typing import TextIO

from uz.cli.streams import silence
from uz.errors import MachineError, UzError

COLOURS = {"green": "32", "red": "31", "yellow": "33", "dim": "2", "bold": "1"}
PAINT = re.compile(r"\x1b\[\d+m")


def harmless(text: str) -> str:
    """Show what could steer a terminal, as in a log that somebody else wrote, as its code."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text.expandtabs(4))


def _width(text: str) -> int:
    """How much room a text takes: what sets its colour takes none."""
    return len(PAINT.sub("", text))


class Screen:
    """Where commands print. Colour is used on a terminal without NO_COLOR."""

    def __init__(self, *, quiet: bool = False) -> None:
        """`quiet` drops progress and notes; results and errors are always printed."""
        self.quiet = quiet
        self.unheard = False
        """Whether the reader of what is printed went away."""
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def paint(self, text: str, colour: str) -> str:
        """Colour a text, or leave it as it is."""
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self._colour and colour else text

    def line(self, text: str = "", *, to: TextIO | None = None) -> None:
        """Print a result. Raises MachineError where standard output takes no more."""
        stream = to or sys.stdout
        try:
            print(text, file=stream, flush=True)
        except BrokenPipeError:
            self.unheard = True
            silence(stream)
        except OSError as error:
            silence(stream)
            if stream is sys.stdout:
                raise MachineError(
                    f"standard output: {error.strerror}", hint="Give it a place that takes it."
                ) from error

    def note(self, text: str) -> None:
        """Print progress or advice, unless quiet."""
        if not self.quiet:
            self.line(text)

    def step(self, name: str, what: str) -> None:
        """Print one line of progress for a service or step."""
        self.note(f"  {name:<16} {what}")

    def error(self, error: UzError) -> None:
        """Print an error with its hint to standard error."""
        lines = [f"uz: {error}", *([f"next: {error.hint}"] if error.hint else [])]
        for line in "\n".join(lines).split("\n"):
            self.line(harmless(line), to=sys.stderr)

    def table(self, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """Print columns; the last one may be as long as it likes."""
        widths = [max(_width(row[i]) for row in [header, *rows]) for i in range(len(header) - 1)]
        for number, row in enumerate([header, *rows]):
            cells = [
                cell + " " * (width - _width(cell))
                for cell, width in zip(row, widths, strict=False)
            ]
            text = "  ".join([*cells, row[-1]]).rstrip()
            self.line(self.paint(text, "dim") if number == 0 else text)
