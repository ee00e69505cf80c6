"""Writing Markdown."""

from collections.abc import Iterable

GENERATED = "<!-- Made by `python -m uz.reference`. Change its sources instead. -->\n"


def code(text: str) -> str:
    """Text as code."""
    return f"`{text}`"


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table, one row a line; line breaks in a cell become spaces."""
    lines = [header, ("---",) * len(header), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
