"""What was running when a scheduler was killed: ended, and recorded as interrupted."""

import logging
import signal
from dataclasses import replace

from uz.errors import MachineError
from uz.scheduling.group import GRACE, lives, mark_of_member, send
from uz.scheduling.journal import Journal
from uz.scheduling.lock import held, holders
from uz.scheduling.places import Places
from uz.scheduling.run import Outcome, Run
from uz.waiting import met

log = logging.getLogger(__name__)


def end_leftovers(journal: Journal, places: Places) -> None:
    """End what a scheduler before this one started, where it certainly is that.

    Each group is told to end, and killed where it has not within 20 s. Runs that a person began
    are left alone.
    """
    groups = [one for run in _running(journal) if not run.by for one in _groups(run, places)]
    told = [group for group in groups if send(group, signal.SIGTERM)]
    if told and not met(lambda: not any(map(lives, told)), GRACE):
        for group in told:
            send(group, signal.SIGKILL)


def _groups(run: Run, places: Places) -> tuple[str, ...]:
    """The group of a run; of one that was cut off before that was known, who holds its lock."""
    if run.group:
        return (run.group,)
    return tuple(filter(None, map(mark_of_member, holders(places.lock(run.job)))))


def settle(journal: Journal, places: Places) -> None:
    """Record as interrupted what is recorded as running, and runs no more."""
    for run in _running(journal):
        try:
            over = not held(places.lock(run.job))
        except MachineError as error:
            log.error("%s", error)
            continue
        if over:
            log.warning("%s: was interrupted", run.job)
            journal.record(replace(run, outcome=Outcome.INTERRUPTED, group=""))


def _running(journal: Journal) -> list[Run]:
    found = journal.runs().values()
    return [run for runs in found for run in runs if run.outcome is Outcome.RUNNING]
