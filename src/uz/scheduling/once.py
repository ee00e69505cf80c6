"""One job, run now and followed to its end: recorded like one that the scheduler started."""

import select
from collections.abc import Callable, Mapping

from uz.errors import BusyError
from uz.scheduling.clock import Clock, SystemClock
from uz.scheduling.job import Job
from uz.scheduling.journal import Journal
from uz.scheduling.lock import hold
from uz.scheduling.places import Places
from uz.scheduling.run import Outcome, Run
from uz.scheduling.running import Running

LOOK = 0.1
"""Seconds until the process is looked at again, though it printed nothing."""


def run_now(
    job: Job,
    places: Places,
    environment: Mapping[str, str],
    show: Callable[[str], None],
    by: str,
    clock: Clock | None = None,
) -> Run:
    """Run a job to its end; `show` gets what it prints, `by` is who wants it.

    Interrupted, it tells the job to end, and records that. Raises BusyError where it runs already.
    """
    lock = hold(places.lock(job.name))
    if lock is None:
        raise BusyError(
            f"{job.name}: runs already", hint="`uz jobs` shows since when; wait for it to end."
        )
    journal = Journal(places.journal)
    one = Running(job, places, clock or SystemClock(), lock, environment, journal.record, by=by)
    try:
        return _recorded(journal, _followed(one, show))
    except BaseException:
        one.stop(Outcome.INTERRUPTED)
        _recorded(journal, _followed(one, lambda _: None))
        raise
    finally:
        one.close()


def _followed(one: Running, show: Callable[[str], None]) -> Run:
    while True:
        text = one.take()
        if text:
            show(text)
            continue
        run = one.ended()
        if run is not None:
            return run
        waited = [one.descriptor] if one.descriptor is not None else []
        select.select(waited, [], [], LOOK)


def _recorded(journal: Journal, run: Run) -> Run:
    journal.record(run)
    return run
