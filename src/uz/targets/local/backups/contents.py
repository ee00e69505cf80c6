"""What a database holds, asked of a server in which nobody writes."""

from collections.abc import Iterator

from uz.backups.counting import (
    TABLES,
    Contents,
    Countable,
    counting,
    parse_counts,
    parse_tables,
    pinned,
)
from uz.backups.point import Table
from uz.backups.structure import STRUCTURE, parse_structure
from uz.errors import BackupError
from uz.targets.local.backups.session import LONG, Asks

DATABASE = "app"
AT_ONCE = 50
"""Tables counted by one statement: fewer sessions, and it stays below what an argument may have."""
LONGEST = 60_000
"""Characters of such a statement."""


def contents(ask: Asks) -> Contents:
    """Count all tables, and read how all is defined.

    A table that cannot be read is left out with the server's words for why. Raises BackupError.
    """
    tables = parse_tables(ask(pinned() + TABLES, DATABASE))
    objects = parse_structure(ask(pinned() + STRUCTURE, DATABASE))
    counted: dict[str, Table] = {}
    left_out: dict[str, str] = {}
    for some in _portions(tables):
        found = _counted(ask, some)
        counted |= found.tables
        left_out |= found.left_out
    return Contents(counted, objects, left_out)


def _portions(tables: tuple[Countable, ...]) -> Iterator[tuple[Countable, ...]]:
    some: list[Countable] = []
    size = 0
    for one in tables:
        length = len(counting(one).encode()) + 20
        if some and (len(some) == AT_ONCE or size + length > LONGEST):
            yield tuple(some)
            some, size = [], 0
        some.append(one)
        size += length
    if some:
        yield tuple(some)


def _counted(ask: Asks, tables: tuple[Countable, ...]) -> Contents:
    """Count these; where that fails, each alone, to say which cannot be read."""
    sql = " UNION ALL ".join(counting(one, number) for number, one in enumerate(tables))
    try:
        lines = ask(pinned() + sql, DATABASE, within=LONG).splitlines()
    except BackupError as error:
        if len(tables) == 1:
            return Contents({}, {}, {tables[0].name: str(error)})
        alone = [_counted(ask, (one,)) for one in tables]
        return Contents(
            {name: one for found in alone for name, one in found.tables.items()},
            {},
            {name: why for found in alone for name, why in found.left_out.items()},
        )
    return parse_counts(lines, tables)
