"""Adding to the user's `uz.toml`: its comments and its layout stay as they are."""

import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import Table as Section

from uz.errors import SpecError


def with_env(text: str, table: tuple[str, ...], values: Mapping[str, str]) -> str:
    """The text of a `uz.toml` with more variables in a table, such as `("app", "env")`.

    Raises SpecError where the layout does not allow it, with the lines to write by hand.
    """
    if not values:
        return text
    lines = tomlkit.dumps(dict(values))
    try:
        wanted = _merged(tomllib.loads(text), table, values)
        after = _edited(text, table, values, lines)
        fits = tomllib.loads(after) == wanted
    except (ValueError, TypeError, AttributeError, LookupError):  # whatever tomlkit meets there
        fits = False
    if not fits:
        raise SpecError(
            f"uz.toml: [{'.'.join(table)}] cannot be added to as it is written",
            hint=f"Write these lines there yourself, and run it again:\n{lines.rstrip()}",
        )
    return after


def _edited(text: str, keys: tuple[str, ...], values: Mapping[str, str], lines: str) -> str:
    document: Any = tomlkit.parse(text)
    table = document
    for key in keys:
        if key not in table:
            gap = (
                "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
            )
            return f"{text}{gap}[{'.'.join(keys)}]\n{lines}"
        table = table[key]
    body = table.value.body if isinstance(table, Section) else []
    behind: list[
        Any
    ] = []  # comments that stand above the next table: tomlkit counts them to this one
    while body and body[-1][0] is None:
        behind.insert(0, body.pop())
    for name, value in values.items():
        table[name] = value
    body.extend(behind)
    return tomlkit.dumps(document)


def _merged(tables: dict[str, Any], keys: tuple[str, ...], values: Mapping[str, str]) -> Any:
    """What the tables are to be."""
    if not keys:
        return {**tables, **values}
    below = tables.get(keys[0], {})
    return {**tables, keys[0]: _merged(below, keys[1:], values)}
