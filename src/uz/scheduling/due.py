"""When a job is due: pure, from its schedule, its last runs and the time it is.

What is scheduled is run once, a little later than the expression says (jitter); what was missed
while nothing ran is made up for once, at once. What failed is repeated twice, 10 and 60 minutes
later, where its next time does not come before. The clock may jump: a run that is recorded further
ahead than the next two scheduled times cannot have been, and is not looked at.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from cronsim import CronSim

from uz.scheduling.job import Job
from uz.scheduling.run import Outcome, Run

SHARE = 0.1
"""Of the time to the next but one: more jitter than this would be noticed."""
MOST = timedelta(minutes=5)
"""Enough to take a load apart that many environments would make in the same second."""
PATIENCE = timedelta(minutes=15)
"""How long after its time a job that does not run is called overdue: others may run before it."""
AGAIN = (timedelta(minutes=10), timedelta(minutes=60))
"""How long after a run that failed it is repeated: soon, for what passes by itself, and once more
when there was time to mend something. After that its next time is waited for."""
NEVER = datetime.max.replace(tzinfo=UTC)


def scheduled(schedule: str, after: datetime, count: int = 1) -> tuple[datetime, ...]:
    """The next times of an expression, after a moment. Raises cronsim.CronSimError."""
    return tuple(islice(CronSim(schedule, after.astimezone(UTC)), count))


def jitter(of: str, job: Job, moment: datetime) -> timedelta:
    """How much later than this scheduled time the job runs: always the same for an environment."""
    following = scheduled(job.schedule, moment)
    gap = following[0] - moment if following else MOST
    digest = hashlib.sha256(f"{of} {job.name}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return min(gap * SHARE, MOST) * share


def due_at(of: str, job: Job, runs: Sequence[Run], now: datetime) -> datetime:
    """When the job is due next; not later than `now` where it is due. `runs` in recorded order.

    A job that never ran is due at once, and so is, once, one that was interrupted.
    """
    counted = _counted(job, runs, now)
    if not counted:
        return now
    repeated = _repeated_at(counted, now)
    following = scheduled(job.schedule, counted[-1].started)
    regular = following[0] + jitter(of, job, following[0]) if following else NEVER
    return min(repeated, regular)


def last_counted(job: Job, runs: Sequence[Run], now: datetime) -> Run | None:
    """The last run that can have been by this clock; None where there is none.

    What a person began, and broke off, is as if it had not been.
    """
    counted = _counted(job, runs, now)
    return counted[-1] if counted else None


def _counted(job: Job, runs: Sequence[Run], now: datetime) -> list[Run]:
    ahead = scheduled(job.schedule, now, 2)
    bound = ahead[-1] if ahead else now
    return [run for run in runs if run.started < bound and not _given_up(run)]


def _repeated_at(counted: Sequence[Run], now: datetime) -> datetime:
    """When the last run is repeated; never where it did not fail, or was often enough.

    One that took too long is not: the next would, too.
    """
    last = counted[-1]
    if last.outcome is Outcome.INTERRUPTED:
        before = counted[-2] if last.again and len(counted) > 1 else None
        twice = last.again and (before is None or before.outcome is Outcome.INTERRUPTED)
        return NEVER if twice else now
    repetitions = sum(1 for _ in takewhile(lambda run: run.again, reversed(counted)))
    if last.outcome is not Outcome.FAILED or repetitions >= len(AGAIN):
        return NEVER
    return last.started + timedelta(seconds=last.seconds) + AGAIN[repetitions]


def _given_up(run: Run) -> bool:
    return bool(run.by) and run.outcome is Outcome.INTERRUPTED


def waits_for(job: Job, succeeded: frozenset[str]) -> tuple[str, ...]:
    """The jobs that have to succeed for the first time before this one begins."""
    return tuple(name for name in job.after if name not in succeeded)


def repeats(job: Job, runs: Sequence[Run], now: datetime) -> bool:
    """Whether a run that begins now repeats one that was interrupted, or failed: where its next
    time has come, it is that one instead, but for what was interrupted."""
    counted = _counted(job, runs, now)
    if not counted or _repeated_at(counted, now) > now:
        return False
    last = counted[-1]
    following = scheduled(job.schedule, last.started)
    return last.outcome is Outcome.INTERRUPTED or not following or following[0] > now


def overdue(due: datetime, now: datetime) -> bool:
    """Whether a job should have begun a while ago."""
    return now - due > PATIENCE
