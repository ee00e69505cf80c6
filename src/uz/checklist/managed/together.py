"""Whether backups, restores to a moment and replicas hold together: across a change of primary."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from uz.backups.system import BackupSystem
from uz.backups.wal import is_segment, timeline_of
from uz.checklist.offsite.configured import first_backup
from uz.checklist.replicas import copied
from uz.environment import Environment
from uz.psql import ask, primary, standbys
from uz.targets.local.backups.beat import cut
from uz.targets.local.backups.canary import FORM
from uz.verdict import Verdict, inapplicable, refuted
from uz.waiting import met

ARCHIVED = 30.0
"""Seconds in which a new primary has to archive its log."""
ROW = f"INSERT INTO canary VALUES (clock_timestamp()) RETURNING {FORM.format('at')}"
NOW = f"SELECT {FORM.format('clock_timestamp()')}"


SECOND = timedelta(seconds=1)
"""A store tells in whole seconds when something came: log that came in the same second as a moment
looks as if it were older."""


@dataclass(frozen=True)
class Written:
    """A row that was committed, and a moment at which it was there and nothing later."""

    row: datetime
    moment: datetime


def together(env: Environment) -> Verdict:
    """Write, have a replica take over, write again, and restore both moments from off-site."""
    backups = env.spec.backups
    if backups is None or backups.offsite is None:
        return inapplicable("uz.toml has no backups that leave the machine: items 24 and 25")
    if not standbys(env):
        return inapplicable("there is no replica that could take over")
    first_backup(env)
    before = _written(env)
    system = env.backups()
    with system.led_by_another() as leads:
        after = _written(env)
        _written(env)  # a restore to a moment stops at what comes later
        met(lambda: _now(env, leads) > after.moment + SECOND, 10 * SECOND.total_seconds())
        segment, archived = cut(
            lambda sql, database: ask(env, leads, sql, database=database), ARCHIVED
        )
        if not archived:
            return refuted(
                f"{leads} took over, and does not archive its log within {ARCHIVED:g} s: what is"
                " written since is in no backup"
            )
        system.send_log()
        if not _on_timeline(system, timeline_of(segment)):
            return refuted(f"{leads} took over, and no log of it is off-site")
        problem = _restored(system, "before", before) or _restored(system, "after", after)
    if problem:
        return refuted(problem)
    return copied(
        env,
        f"{leads} took over from its primary, archived on, and the moments before and after that"
        f" were restored from off-site, with the rows that were there and none later",
        timeline=timeline_of(segment),
        apart_s=round((after.moment - before.moment).total_seconds(), 1),
    )


def _written(env: Environment) -> Written:
    leads = primary(env)
    row = ask(env, leads, f"SET synchronous_commit = local; {ROW}", database="uz")
    return Written(_time(row), _now(env, leads))


def _now(env: Environment, node: str) -> datetime:
    """The moment, by the server's clock."""
    return _time(ask(env, node, NOW))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _on_timeline(system: BackupSystem, timeline: int) -> bool:
    """Whether log that was written on a timeline is off-site."""
    inventory, _ = system.inventory()
    paths = (path.removeprefix("database/") for path in inventory.files)
    names = (system.naming.segment_of(path) for path in paths)
    return any(is_segment(name) and timeline_of(name) == timeline for name in names)


def _restored(system: BackupSystem, when: str, written: Written) -> str:
    """What is wrong with a restore to a moment; nothing where it has the row, and none later."""
    found = system.restored_at(written.moment)
    said = f"restored to the moment {when} the replica took over"
    if found is None or found < written.row:
        return f"{said}, the database lacks what was acknowledged then"
    return f"{said}, the database has what came later" if found > written.moment else ""
