"""Choosing items on the command line."""

import argparse
from difflib import get_close_matches

from uz.checklist import ITEMS, Item
from uz.errors import UzError


def add_items(parser: argparse.ArgumentParser) -> None:
    """The positional list of items."""
    parser.add_argument(
        "items", nargs="*", metavar="ITEM", help="items such as tls.strong (default: all)"
    )


def chosen(names: list[str]) -> tuple[Item, ...]:
    """The items of these names, or all. Raises UzError with the nearest name."""
    known = {item.id: item for item in ITEMS}
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"Did you mean {close[0]}?" if close else ""
            raise UzError(
                f"{name}: not an item that can be tried (known: {', '.join(known)})", hint=hint
            )
    return tuple(item for item in ITEMS if not names or item.id in names)
