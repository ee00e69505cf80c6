"""The jobs of an environment: when each ran, how that went, and when it is due next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from uz.errors import MachineError
from uz.operations.place import Place
from uz.scheduling.due import due_at, last_counted, overdue, waits_for
from uz.scheduling.job import Job, read_plan
from uz.scheduling.journal import Journal
from uz.scheduling.once import run_now
from uz.scheduling.places import Places
from uz.scheduling.run import Run
from uz.targets.local.layout import HOME_VARIABLE, Layout
from uz.targets.local.scripts import LOCALE, PATH
from uz.trail import who


@dataclass(frozen=True)
class JobStatus:
    """A job: its runs in the order they were recorded, and when it is due.

    `due` is None where it waits for the first success of those in `waits`.
    """

    job: Job
    runs: tuple[Run, ...]
    last: Run | None
    due: datetime | None
    overdue: bool
    waits: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether its last run did not do what it should."""
        return self.last is not None and self.last.bad


def jobs(layout: Layout, now: datetime | None = None) -> tuple[JobStatus, ...]:
    """All jobs of what was applied. Raises MachineError where there are none."""
    places, at = Places(layout.root), now or datetime.now(UTC)
    plan = read_plan(places.plan, places.root)
    journal = Journal(places.journal)
    found = journal.runs()
    if journal.trouble:
        raise MachineError(journal.trouble, hint="Run as the user who ran `uz up`.")
    done = frozenset(name for name, runs in found.items() if any(run.ok for run in runs))
    return tuple(_status(plan.of, job, found.get(job.name, ()), done, at) for job in plan.jobs)


def _status(
    of: str, job: Job, runs: tuple[Run, ...], done: frozenset[str], now: datetime
) -> JobStatus:
    waits = waits_for(job, done)
    due = None if waits else due_at(of, job, runs, now)
    runs_now = bool(runs) and runs[-1].ended is None and not runs[-1].bad
    late = due is not None and overdue(due, now) and not runs_now
    return JobStatus(job, runs, last_counted(job, runs, now), due, late, waits)


def set_aside(layout: Layout) -> str:
    """Where a damaged journal was put; empty where there is none."""
    path = Journal(Places(layout.root).journal).set_aside
    return str(path) if path.exists() else ""


def run_job(place: Place, name: str, show: Callable[[str], None]) -> Run:
    """Run one job now, as the scheduler would. Raises UzError, BusyError where it runs already."""
    places = Places(place.layout.root)
    job = read_plan(places.plan, places.root).job(name)
    environment = {"PATH": PATH, "LANG": LOCALE, HOME_VARIABLE: str(place.layout.home)}
    return run_now(job, places, environment, show, by=who())


def job_notes(layout: Layout) -> tuple[str, ...]:
    """A sentence for each job that failed or is overdue, and for a journal that was damaged."""
    if not Places(layout.root).plan.exists():
        return ()
    try:
        notes = [note for one in jobs(layout) if (note := _note(one))]
    except MachineError as error:
        return (f"jobs: {error}",)
    damaged = set_aside(layout)
    if damaged:
        notes.append(f"jobs: the journal was damaged, and is kept as {damaged}")
    return tuple(notes)


def _note(one: JobStatus) -> str:
    name, last = one.job.name, one.last
    if last is not None and last.bad:
        why = f": {last.said}" if last.said else ""
        return f"job {name}: {last.outcome} at {last.started:%F %R} UTC{why}; `uz jobs` says more"
    if one.overdue and one.due is not None:
        return f"job {name}: overdue since {one.due:%F %R} UTC; does the scheduler run?"
    return ""
