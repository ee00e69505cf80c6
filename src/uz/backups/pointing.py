"""A restore point as a script of psql: one session that stops all writes for a moment, names the
place in the log, and counts what was there in the snapshot of that moment.

Writers are kept out by a SHARE lock on each table. Whoever wrote before has ended by then, and is
in the snapshot and before the point in the log; whoever writes after is in neither. The locks go
with the savepoint under which they were taken; the snapshot stays until the transaction ends.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from uz.backups.counting import Contents, Countable, counting, parse_counts, pinned
from uz.backups.structure import STRUCTURE, parse_structure
from uz.errors import BackupError

EACH = 200
"""Milliseconds that one lock is waited for: what a writer may have to wait for this one."""
ALL = 300
"""Milliseconds that all locks may take together."""
STALLED = 1000
"""Milliseconds that a client which comes to a stop may hold the locks; then the server ends it."""
COUNTED = 30
"""Seconds that counting a table waits for one who changes its definition."""
GONE = {
    "42P01": "removed while it was counted",
    "3F000": "removed with its schema while it was counted",
    "42703": "changed while it was counted",
    "55P03": "changed while it was to be counted, for longer than that is waited for",
}
"""Why a table may not be counted, by SQLSTATE: migrations do this. All else is an error."""
POINT = """\
SELECT 'point ' || jsonb_build_array(pg_create_restore_point('{name}'),
    extract(epoch FROM clock_timestamp())::text,
    (SELECT system_identifier::text FROM pg_control_system()))::text;
"""


@dataclass(frozen=True)
class Taken:
    """What a script found. `after` is the structure when all was counted: where it is another than
    in `contents`, somebody changed it meanwhile."""

    lsn: str
    at: datetime
    cluster: str
    contents: Contents
    after: Mapping[str, str]


def script(name: str, tables: tuple[Countable, ...], *, workers: int = 1) -> str:
    """A script of psql that takes a point of this name and counts these tables.

    `workers`: how many processes may help with a big table.
    """
    head = (
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n"
        + pinned(local=True)
        + f"SET LOCAL max_parallel_workers_per_gather = {workers};\n"
    )
    return "".join(
        (
            head,
            _locked(tables, POINT.format(name=name)),
            _definitions("structure"),
            f"SET LOCAL lock_timeout = '{COUNTED}s';\n",
            *(_counted(number, table) for number, table in enumerate(tables)),
            "COMMIT;\n",
            pinned(),
            _definitions("after"),
        )
    )


def _definitions(word: str) -> str:
    """SQL that says the structure, after this word."""
    return f"SELECT '{word} ' || structure::text FROM ({STRUCTURE}) AS s(structure);\n"


def _locked(tables: tuple[Countable, ...], sql: str) -> str:
    """SQL that runs while nobody writes to these tables."""
    lock = f"LOCK TABLE {', '.join(f'ONLY {one.name}' for one in tables)} IN SHARE MODE;\n"
    return (
        f"SAVEPOINT quiet;\nSET LOCAL lock_timeout = '{EACH}ms';\n"
        f"SET LOCAL statement_timeout = '{ALL}ms';\n"
        f"SET LOCAL idle_in_transaction_session_timeout = '{STALLED}ms';\n"
        f"{lock if tables else ''}{sql}ROLLBACK TO SAVEPOINT quiet;\n"
    )


def _counted(number: int, table: Countable) -> str:
    """SQL that counts a table, or says why not, and keeps no lock."""
    return (
        "SAVEPOINT one;\n\\set ON_ERROR_STOP off\n"
        f"SELECT 'table ' || counted::text FROM ({counting(table, number)}) AS c(counted);\n"
        f"\\if :ERROR\n\\echo failed {number} :SQLSTATE\n\\endif\n"
        "\\set ON_ERROR_STOP on\nROLLBACK TO SAVEPOINT one;\n"
    )


def parse_taken(text: str, errors: str, tables: tuple[Countable, ...]) -> Taken:
    """Read what a script printed. Raises BackupError where it is not whole, or where a table could
    not be read at all: `errors` is what the server said."""
    said: dict[str, list[str]] = {}
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        said.setdefault(kind, []).append(rest)
    lsn, at, cluster = _point(said)
    counted = parse_counts(said.get("table", []), tables)
    left_out = dict(counted.left_out) | _failed(said.get("failed", []), tables, errors)
    uncounted = {one.name for one in tables} - counted.tables.keys() - left_out.keys()
    if uncounted:
        raise BackupError(f"not counted: {', '.join(sorted(uncounted)[:3])}")
    contents = Contents(counted.tables, parse_structure(said["structure"][0]), left_out)
    return Taken(lsn, at, cluster, contents, parse_structure(said["after"][0]))


def _point(said: Mapping[str, list[str]]) -> tuple[str, datetime, str]:
    if not all(len(said.get(one, [])) == 1 for one in ("point", "structure", "after")):
        raise BackupError(f"a restore point is not whole: {', '.join(said) or 'nothing was said'}")
    try:
        found: Any = json.loads(said["point"][0])
        return str(found[0]), datetime.fromtimestamp(float(found[1]), UTC), str(found[2])
    except (ValueError, TypeError, LookupError) as error:
        raise BackupError(f"a restore point cannot be read: {error}") from error


def _failed(lines: list[str], tables: tuple[Countable, ...], errors: str) -> dict[str, str]:
    found = {}
    for line in lines:
        number, _, state = line.partition(" ")
        name = tables[int(number)].name
        if state not in GONE:
            raise BackupError(
                f"{name}: cannot be read: {errors.strip().splitlines()[-1] if errors else state}",
                hint="Look at the server's log: the disk, or the data on it, may be damaged.",
            )
        found[name] = GONE[state]
    return found
