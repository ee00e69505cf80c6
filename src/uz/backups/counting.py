"""What a database holds, as SQL that asks for it: rows and a checksum of each table.

Counted are permanent tables of all schemas but the server's own, the leaves of partitioned ones,
and large objects. Left out: unlogged tables, which a crash empties; foreign tables, whose rows are
elsewhere; materialized views, which can be made again. The checksum is the sum of a 64-bit hash of
each row's text, so that it depends neither on the order of rows nor on anybody's settings.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from uz.backups.point import Table
from uz.errors import BackupError

PINNED: Mapping[str, str] = {
    "search_path": "pg_catalog",  # all else is written with its schema
    "client_encoding": "UTF8",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",  # the shortest text that is this number and no other
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
    "xmlbinary": "base64",
    "row_security": "off",  # an error, rather than fewer rows
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "jit": "off",
}
"""Settings that the text of a row, or of a definition, depends on, and limits."""
TABLES = """\
SELECT coalesce(jsonb_agg(jsonb_build_array(
    format('%I.%I', n.nspname, c.relname), c.oid::bigint, c.relfilenode::bigint,
    coalesce((
        SELECT string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ), '')) ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"), '[]')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p'
    AND (n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        OR c.oid = 'pg_catalog.pg_largeobject'::regclass)
"""
"""All tables to count, as JSON on one line."""


@dataclass(frozen=True)
class Countable:
    """A table that can be counted. `name` and `columns` are quoted where SQL needs it; `file` is
    the number of its file, which changes when all rows go, or are written anew, at once."""

    name: str
    oid: int
    file: int
    columns: str


@dataclass(frozen=True)
class Contents:
    """What a database holds. `objects` is a digest of each definition, by kind and name;
    `left_out` says why a table could not be counted."""

    tables: Mapping[str, Table]
    objects: Mapping[str, str]
    left_out: Mapping[str, str] = field(default_factory=dict)


def pinned(*, local: bool = False) -> str:
    """SQL that pins all settings; `local`: until the transaction ends."""
    word = "SET LOCAL" if local else "SET"
    return "".join(f"{word} {name} = '{value}';\n" for name, value in PINNED.items())


def parse_tables(text: str) -> tuple[Countable, ...]:
    """Read the answer to `TABLES`. Raises BackupError."""
    try:
        return tuple(
            Countable(str(name), int(oid), int(file or 0), str(columns))
            for name, oid, file, columns in json.loads(text)
        )
    except (ValueError, TypeError) as error:
        raise BackupError(f"the list of tables cannot be read: {error}") from error


def counting(table: Countable, number: int = 0) -> str:
    """SQL that counts one table: its number, rows, checksum and file, as JSON on one line."""
    return (
        f"SELECT jsonb_build_array({number}, count(*), coalesce(sum(hashtextextended("
        f'ROW({table.columns})::text COLLATE "C", 0)), 0)::text, '
        f"pg_relation_filenode({table.oid}::oid)::bigint) FROM ONLY {table.name}"
    )


def parse_counts(lines: Iterable[str], tables: tuple[Countable, ...]) -> Contents:
    """Read answers to `counting`, of any of these tables. Raises BackupError.

    A table whose file is another than it was is left out: it is not what was to be counted.
    """
    counted: dict[str, Table] = {}
    left_out: dict[str, str] = {}
    for line in lines:
        table, rows, checksum, file = _count(line, tables)
        if file == table.file:
            counted[table.name] = Table(rows, checksum)
        else:
            left_out[table.name] = "emptied or written anew while it was counted"
    return Contents(counted, {}, left_out)


def _count(line: str, tables: tuple[Countable, ...]) -> tuple[Countable, int, str, int]:
    try:
        found: Any = json.loads(line)
        number, rows, checksum, file = found
        return tables[int(number)], int(rows), str(checksum), int(file or 0)
    except (ValueError, TypeError, IndexError) as error:
        raise BackupError(f"the count of a table cannot be read: {line[:80]!r}") from error
