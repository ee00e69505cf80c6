"""The loop: what is due is started, what runs is followed, and how it ended is recorded."""

import logging
import os
import select
import signal
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from uz.errors import BusyError, MachineError
from uz.scheduling.clock import Clock
from uz.scheduling.due import due_at, repeats, waits_for
from uz.scheduling.group import GRACE
from uz.scheduling.job import Job, Plan
from uz.scheduling.journal import Journal, Runs
from uz.scheduling.leftover import end_leftovers, settle
from uz.scheduling.lock import hold
from uz.scheduling.places import Places
from uz.scheduling.run import Outcome, Run
from uz.scheduling.running import Running

log = logging.getLogger(__name__)

MOST = 2
"""Jobs that run at once: a restore point beside a backup; all would be in each other's way."""
NAP = 10.0
"""Seconds: the longest until the clock is looked at again, which may have jumped."""
LOOK = 0.5
"""Seconds until processes that run are looked at again, though none printed anything."""
SOON = 0.05
"""Seconds: the shortest wait."""
NONE = timedelta()


class Scheduler:
    """Runs the jobs of a plan at their times, each at most once at a time, until it is stopped."""

    def __init__(
        self, plan: Plan, places: Places, clock: Clock, environment: Mapping[str, str]
    ) -> None:
        """Nothing is started yet; `environment` is what jobs get for theirs."""
        self.plan, self.places, self.clock, self.environment = plan, places, clock, environment
        self.journal = Journal(places.journal)
        self.running: dict[str, Running] = {}
        self._told = False
        self._wakes, self._wake = os.pipe()
        os.set_blocking(self._wakes, False)
        os.set_blocking(self._wake, False)

    def stop(self) -> None:
        """Have the loop end; may be called from a signal's handler."""
        self._told = True
        self.wake()

    def wake(self) -> None:
        """Have the loop look again at once."""
        with suppress(BlockingIOError):  # it has been told often enough
            os.write(self._wake, b"x")

    def serve(self) -> None:
        """Run until told to stop; then what runs is told to end, and waited for 20 s.

        Raises BusyError where another scheduler runs, MachineError where that cannot be told.
        """
        own = hold(self.places.own_lock)
        if own is None:
            raise BusyError(f"{self.plan.of}: its scheduler runs already", hint="`uz status`")
        end_leftovers(self.journal, self.places)
        try:
            while not self._told:
                self.step()
                self._wait(self._nap())
            self._wind_down()
        finally:
            for one in self.running.values():
                one.close()
            os.close(own)

    def step(self) -> None:
        """Look once: record what ended, start what is due."""
        for name in tuple(self.running):
            self._follow(name)
        self.journal.flush()
        settle(self.journal, self.places)
        for job in self._due():
            if len(self.running) < MOST:
                self._start(job)

    def _due(self) -> list[Job]:
        """What is due and does not run; the longest due first."""
        now, runs = self.clock.now(), self.journal.runs()
        found = [(at, job) for job, at in self._times(runs, now) if at <= now]
        return [job for _, job in sorted(found, key=lambda one: one[0])]

    def _times(self, runs: Runs, now: datetime) -> list[tuple[Job, datetime]]:
        done = frozenset(name for name, all_runs in runs.items() if any(r.ok for r in all_runs))
        return [
            (job, due_at(self.plan.of, job, runs.get(job.name, ()), now))
            for job in self.plan.jobs
            if job.name not in self.running and not waits_for(job, done)
        ]

    def _start(self, job: Job) -> None:
        try:
            lock = hold(self.places.lock(job.name))
        except MachineError as error:
            log.error("%s: %s", job.name, error)
            return
        if lock is None:
            return  # somebody runs it by hand
        now, runs = self.clock.now(), self.journal.runs().get(job.name, ())
        if due_at(self.plan.of, job, runs, now) > now:  # somebody ran it since that was asked
            os.close(lock)
            return
        again = repeats(job, runs, now)
        log.info("%s: begins", job.name)
        self.running[job.name] = Running(
            job, self.places, self.clock, lock, self.environment, self.journal.record, again=again
        )

    def _follow(self, name: str) -> None:
        one = self.running[name]
        one.take()
        run = one.ended()
        if run is not None:
            self.journal.record(run)
            one.close()
            del self.running[name]
            tell(run)

    def _nap(self) -> float:
        """Seconds until there may be something to do."""
        if self.running:
            return LOOK
        now = self.clock.now()
        times = (at - now for _, at in self._times(self.journal.runs(), now))
        ahead = (max(SOON, left.total_seconds()) if left > NONE else LOOK for left in times)
        return min([NAP, *ahead])

    def _wait(self, seconds: float) -> None:
        """Wait until a job printed something or a signal came, and no longer than that."""
        outputs = [one.descriptor for one in self.running.values() if one.descriptor is not None]
        ready, _, _ = select.select([self._wakes, *outputs], [], [], seconds)
        if self._wakes in ready:
            os.read(self._wakes, 4096)

    def _wind_down(self) -> None:
        for one in self.running.values():
            one.stop(Outcome.INTERRUPTED)
        end = self.clock.monotonic() + GRACE
        while self.running and self.clock.monotonic() < end:
            self._wait(SOON)
            for name in tuple(self.running):
                self._follow(name)
        for one in self.running.values():
            one.kill()
        while self.running:
            self._wait(SOON)
            for name in tuple(self.running):
                self._follow(name)


def tell(run: Run) -> None:
    """Write into the log how a run ended."""
    said = f": {run.lines[-1]}" if run.bad and run.lines else ""
    level = logging.ERROR if run.bad else logging.INFO
    log.log(level, "%s: %s after %.1f s%s", run.job, run.outcome, run.seconds, said)


def listen(scheduler: Scheduler) -> None:
    """Have signals reach the loop: TERM and INT stop it, the end of a child wakes it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: scheduler.stop())
    signal.signal(signal.SIGCHLD, lambda *_: scheduler.wake())
