"""`uz jobs`."""

import argparse
import json
from typing import TYPE_CHECKING

from uz.cli.screen import Screen, harmless

if TYPE_CHECKING:
    from uz.operations.jobs import JobStatus
    from uz.operations.place import Place
    from uz.scheduling.run import Run

NEVER = "never"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz jobs`."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--run", metavar="NAME", help="run one now, and wait for its end")
    what.add_argument(
        "--history", nargs="?", const="", metavar="NAME", help="list the runs, of all or of one"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what runs regularly, how the last run went and when the next one is due; exit code 1
    where the last run of a job failed. Times are UTC."""
    from uz.cli.placing import place_for
    from uz.operations.jobs import jobs, set_aside

    screen = Screen(quiet=arguments.quiet)
    place = place_for(arguments)
    if arguments.run:
        return _run(screen, place, arguments.run)
    found = jobs(place.layout)
    if arguments.history is not None:
        return _history(screen, found, arguments.history, form=arguments.json)
    if arguments.json:
        screen.line(json.dumps({"format": 1, "jobs": [_form(one) for one in found]}, indent=1))
    else:
        screen.table(("JOB", "SCHEDULE", "LAST RUN", "TOOK", "OUTCOME", "NEXT"), _rows(found))
        for line in (line for one in found for line in _why(one)):
            screen.line(line)
        damaged = set_aside(place.layout)
        if damaged:
            screen.line(f"the journal was damaged, and is kept as {damaged}")
    return 1 if any(one.failed for one in found) else 0


def _run(screen: Screen, place: "Place", name: str) -> int:
    from uz.operations.jobs import run_job
    from uz.operations.place import same_project

    same_project(place.layout, place.project)
    done = run_job(place, name, lambda text: screen.line(text.rstrip("\n")))
    screen.note(f"{name}: {done.outcome} after {done.seconds:.1f} s")
    return 0 if done.ok else 1


def _history(screen: Screen, found: "tuple[JobStatus, ...]", name: str, *, form: bool) -> int:
    from uz.errors import UzError

    chosen = [one for one in found if name in {"", one.job.name}]
    if not chosen:
        known = ", ".join(one.job.name for one in found)
        raise UzError(f"there is no job {name!r}", hint=f"Jobs are {known}.")
    runs = sorted((run for one in chosen for run in one.runs), key=lambda run: run.started)
    if form:
        screen.line(json.dumps({"format": 1, "runs": [run.form() for run in runs]}, indent=1))
        return 0
    rows = [(run.job, f"{run.started:%F %T}", *_ending(run), harmless(run.said)) for run in runs]
    screen.table(("JOB", "STARTED", "TOOK", "OUTCOME", "LAST LINE"), rows)
    return 0


def _rows(found: "tuple[JobStatus, ...]") -> list[tuple[str, ...]]:
    return [
        (
            one.job.name,
            one.job.schedule,
            f"{one.last.started:%F %R}" if one.last else NEVER,
            *(_ending(one.last) if one.last else ("", "")),
            _next(one),
        )
        for one in found
    ]


def _ending(run: "Run") -> tuple[str, str]:
    from uz.cli.status import duration

    return ("" if run.ended is None else duration(run.seconds)), str(run.outcome)


def _next(one: "JobStatus") -> str:
    if one.due is None:
        return f"after {', '.join(one.waits)}"
    return f"{one.due:%F %R}" + (", overdue" if one.overdue else "")


def _why(one: "JobStatus") -> list[str]:
    """What a job that failed printed last."""
    if not (one.failed and one.last):
        return []
    return [f"{one.job.name}: {harmless(line)}" for line in one.last.lines]


def _form(one: "JobStatus") -> dict[str, object]:
    return {
        "name": one.job.name,
        "schedule": one.job.schedule,
        "last": one.last.form() if one.last else None,
        "due": one.due.isoformat() if one.due else None,
        "overdue": one.overdue,
        "failed": one.failed,
        "waits_for": list(one.waits),
    }
