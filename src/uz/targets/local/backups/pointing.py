"""Taking a restore point: a name for a place in the log, and what all tables held there."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from uz.backups.counting import TABLES, Countable, parse_tables, pinned
from uz.backups.point import Point
from uz.backups.pointing import Taken, parse_taken, script
from uz.backups.structure import digest
from uz.errors import BackupError
from uz.targets.local.backups.session import Session
from uz.waiting import seconds_until

DATABASE = "app"
PATIENCE = 30.0
"""Seconds until a moment without writers has to be found."""
LONG = 0.1
"""Seconds: who has written for longer than this is waited for, before others are held up."""
TIMES = 3
"""How often a point is taken anew because the structure changed meanwhile."""
WITHIN = 4 * 3600.0
"""Seconds that counting all tables may take."""
AGAIN = ("55P03", "57014", "40P01", "25P03", "42P01", "3F000")
"""SQLSTATEs of what another try may not meet: locks were not there in time, or this side was too
slow for the server; a table is gone since they were listed."""
WRITERS = f"""\
SELECT coalesce(jsonb_agg(jsonb_build_array(format('%I.%I', n.nspname, c.relname), l.pid,
    coalesce(a.usename, a.backend_type), a.application_name,
    round(extract(epoch FROM clock_timestamp() - a.xact_start)), g.gid)
    ORDER BY a.xact_start NULLS FIRST), '[]')
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
LEFT JOIN (
    SELECT p.gid, x.virtualtransaction FROM pg_prepared_xacts p
    JOIN pg_locks x ON x.locktype = 'transactionid' AND x.transactionid = p.transaction
) g ON l.pid IS NULL AND g.virtualtransaction = l.virtualtransaction
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.granted AND c.relkind = 'r' AND c.relpersistence = 'p'
    AND (n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        OR c.oid = 'pg_catalog.pg_largeobject'::regclass)
    AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'ShareLock')
    AND (a.xact_start IS NULL OR a.xact_start < clock_timestamp() - interval '{LONG} s')
"""
"""Who has kept others from a SHARE lock for long, as JSON on one line. Autovacuum is among them,
and is left to its work: were it cancelled each hour, it would not get through a big table."""
ROOM = """\
SELECT current_setting('max_locks_per_transaction')::int * (current_setting('max_connections')::int
    + current_setting('max_prepared_transactions')::int)
"""
"""How many locks there can be at once, at least."""


@dataclass
class _Attempts:
    """Tries to take a point, until one is taken."""

    session: Session
    within: float
    tables: tuple[Countable, ...] = ()
    name: str = ""
    taken: Taken | None = None
    blocked: list[Any] = field(default_factory=list)
    said: str = ""

    def attempt(self) -> bool:
        """Try once, unless somebody writes for long: then nobody is held up."""
        listed = self._ask(pinned() + TABLES)
        self.tables = parse_tables(listed)
        self.blocked = json.loads(self._ask(WRITERS))
        if self.blocked:
            return False
        self.name = f"uz-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
        text = "\\set VERBOSITY verbose\n" + script(self.name, self.tables)
        done = self.session.script(text, DATABASE, within=self.within)
        if not done.ok:
            if any(f" {one}: " in done.stderr for one in AGAIN):
                self.said = next(line for line in done.stderr.splitlines() if ": " in line)
                return False
            raise BackupError(f"no restore point can be taken: {done.tail(3)}")
        self.taken = parse_taken(done.stdout, done.stderr, self.tables)
        return True

    def _ask(self, sql: str) -> str:
        return self.session.ask(sql, DATABASE)


def take_point(
    session: Session, repository: str, *, patience: float = PATIENCE, within: float = WITHIN
) -> Point:
    """Take a restore point of the app's database.

    Raises BackupError where writers leave no moment for it inside `patience` seconds, or the
    structure changes all the while.
    """
    _has_room(session)
    for _ in range(TIMES):
        tries = _Attempts(session, within)
        if seconds_until(tries.attempt, patience) is None:
            raise _never_quiet(tries, patience)
        assert tries.taken is not None
        if _undisturbed(session, tries):
            return _point(tries.name, tries.taken, repository)
    raise BackupError(
        f"the tables were changed each time that they were counted, {TIMES} times",
        hint="Migrations run: the next restore point comes by the schedule.",
    )


def _undisturbed(session: Session, tries: _Attempts) -> bool:
    """Whether the tables that were locked are all there were, and all was defined as it is now."""
    assert tries.taken is not None
    now = parse_tables(session.ask(pinned() + TABLES, DATABASE))
    same = {one.oid for one in now} == {one.oid for one in tries.tables}
    return same and tries.taken.after == tries.taken.contents.objects


def _point(name: str, taken: Taken, repository: str) -> Point:
    found = taken.contents
    return Point(
        name, taken.at, taken.lsn, taken.cluster, repository,
        found.tables, digest(found.objects), found.objects, found.left_out,
    )  # fmt: skip


def _has_room(session: Session) -> None:
    """Raise BackupError where so many locks would leave too few for the app."""
    room = int(session.ask(ROOM, DATABASE))
    wanted = len(parse_tables(session.ask(pinned() + TABLES, DATABASE)))
    if wanted > room // 2:
        raise BackupError(
            f"{wanted} tables are too many to lock at once: the server has room for {room} locks",
            hint="Raise max_locks_per_transaction: half of the room stays the app's.",
        )


def _never_quiet(tries: _Attempts, patience: float) -> BackupError:
    if not tries.blocked:
        return BackupError(
            f"writers left no moment for a restore point in {patience:g} s: {tries.said}",
            hint="The next one comes by the schedule.",
        )
    table, pid, user, program, seconds, prepared = tries.blocked[0]
    who = f"the prepared transaction {prepared!r}" if pid is None else f"process {pid} ({user}"
    if pid is not None:
        who += f", {program})" if program else ")"
        who += f", in a transaction for {seconds or 0:g} s"
    return BackupError(
        f"no restore point in {patience:g} s: {table} is written to by {who}",
        hint="A transaction this long holds up more than this: end it, or set"
        " database.idle_in_transaction_timeout.",
    )


__all__ = ["DATABASE", "take_point"]
