"""The scheduler: starts the jobs that keep backups coming, each by its cron expression."""

import json
from dataclasses import asdict, dataclass

from uz.components.archive_scripts import NAME as ARCHIVE
from uz.machine import Machine
from uz.spec import Backups, Kind, Spec
from uz.stack import Owner, Role, Service, Stack, StaysUp

NAME = "scheduler"
JOBS = "scheduler/jobs.json"
APPLIED = "applied/spec.json"
"""Beside the scheduler's own folder, so that it is not restarted, and its jobs not interrupted, for
each change of `uz.toml`."""
VERIFY = "23 5 3 * *"
"""Once a month, in UTC."""
POINT_TIMEOUT = 900
"""Seconds: a point counts and reads all tables, at about 200 MB/s, of up to 180 GB."""
TAKEN = ("backup",)
"""What has to have succeeded once before there is anything to try."""
STOP_TIMEOUT = 25
"""Seconds: five more than running jobs have to end."""


@dataclass(frozen=True)
class Entry:
    """One job as it is written for the scheduler; times in seconds. `after` are jobs that have to
    have succeeded once before it runs for the first time."""

    name: str
    schedule: str
    timeout: float
    argv: tuple[str, ...]
    after: tuple[str, ...] = ()


def scheduler(spec: Spec, machine: Machine) -> Stack:  # noqa: ARG001
    """The scheduler with its jobs, and the Spec as it was applied; nothing without backups."""
    if spec.backups is None:
        return Stack()
    service = Service(
        name=NAME,
        role=Role.SERVER,
        owner=Owner.OPERATOR,
        description="starts backups, restore points and drills",
        command=("sh", "{root}/python", "-m", "uz.scheduling", f"{{root}}/config/{JOBS}"),
        ready=StaysUp(1.0),
        after=_after(spec),
        stop_timeout=STOP_TIMEOUT,
    )
    plan = {
        "format": 1,
        "of": f"{spec.app.name}/{spec.environment}",
        "jobs": [asdict(one) for one in jobs(spec, spec.backups)],
    }
    applied = spec.model_dump_json(indent=1, exclude_none=True)
    return Stack((service,), {JOBS: json.dumps(plan, indent=1) + "\n", APPLIED: applied + "\n"})


def jobs(spec: Spec, backups: Backups) -> tuple[Entry, ...]:
    """What is to be done regularly: restore points and drills are the database's.

    A rehearsal lives for minutes, and is itself the drill: it only takes backups.
    """
    longest = backups.timeout.total_seconds()
    found = [Entry("backup", backups.schedule, longest, _uz("backup", "now", "--scheduled"))]
    if spec.database is not None:
        found.append(Entry("point", backups.points, POINT_TIMEOUT, _uz("backup", "point")))
    if spec.kind is Kind.REHEARSAL:
        return tuple(found)
    if spec.database is not None:
        found.append(Entry("drill", backups.drill, longest, _uz("drill", "--scheduled"), TAKEN))
    found.append(Entry("verify", VERIFY, longest, _uz("backup", "verify"), TAKEN))
    return tuple(found)


def _uz(*words: str) -> tuple[str, ...]:
    """The words that start a command of Uz on what was applied, not on a half-edited uz.toml."""
    return ("sh", "{root}/uz", "--applied", "{root}", "--quiet", *words)


def _after(spec: Spec) -> tuple[str, ...]:
    """When all is up: the first backup is taken at once, and must not slow that down, nor make
    the repository ready while another one does."""
    database = ("database-setup", ARCHIVE) if spec.database else ()
    return ("edge", *database, *(("redis",) if spec.redis else ()))
