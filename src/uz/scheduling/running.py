"""A job that runs: its process, what it prints, its time limit, and the record of how it ended."""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from uz.errors import ProgramError
from uz.scheduling.clock import Clock
from uz.scheduling.group import GRACE, descendants, mark
from uz.scheduling.job import Job
from uz.scheduling.output import Output
from uz.scheduling.places import Places
from uz.scheduling.run import Outcome, Run
from uz.shell import Started, started

CHUNK = 64 * 1024


class Running:
    """One run of a job, from its start to the record of its end. It owns the job's lock."""

    def __init__(
        self,
        job: Job,
        places: Places,
        clock: Clock,
        lock: int,
        environment: Mapping[str, str],
        record: Callable[[Run], object],
        *,
        again: bool = False,
        by: str = "",
    ) -> None:
        """Start it. What cannot be started has ended at once, and says why in its last line.

        `record` gets the run before anything is started, so that none is without a trace, and
        again when its process is known.
        """
        self.job, self.clock = job, clock
        self._lock, self._begun = lock, clock.monotonic()
        self._output = Output(places.log(job.name))
        self._told: float | None = None
        self._silent = False
        self._why = Outcome.FAILED
        self._process: Started | None = None
        self.run = Run(job.name, clock.now(), again=again, by=by)
        record(self.run)
        self._output.note(f"{self.run.started:%F %T} UTC: {job.name} begins")
        try:
            self._process = started(
                job.argv, cwd=places.root, environment=environment, keep=(lock,)
            )
            self.run = replace(self.run, group=mark(self._process.pid))
            record(self.run)
        except ProgramError as error:
            self._output.take(f"{error}\n".encode())

    @property
    def descriptor(self) -> int | None:
        """What to wait for: it can be read when the job printed something, or closed that."""
        return self._process.output if self._process and not self._silent else None

    def take(self) -> str:
        """What it printed since; empty where there is nothing, or no more."""
        if self.descriptor is None:
            return ""
        try:
            data = os.read(self.descriptor, CHUNK)
        except BlockingIOError:
            return ""
        self._silent = not data
        return self._output.take(data)

    def stop(self, why: Outcome) -> None:
        """Tell it to end; when it does not within 20 s it is killed."""
        if self._process and self._told is None:
            self._why, self._told = why, self.clock.monotonic()
            self._process.signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, and all that it started: programs have groups of their own."""
        if self._process:
            below = descendants(self._process.pid)
            self._process.signal(signal.SIGKILL)
            for pid in below:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def ended(self) -> Run | None:
        """The record of its end, or None while it runs. Enforces the time limit."""
        code = self._process.ended() if self._process else None
        if self._process is None or code is not None:
            return self._finished(code)
        now = self.clock.monotonic()
        if self._told is None and now - self._begun > self.job.timeout:
            self._output.take(f"stopped: it ran longer than {self.job.timeout:g} s\n".encode())
            self.stop(Outcome.LATE)
        elif self._told is not None and now - self._told > GRACE:
            self.kill()
        return None

    def close(self) -> None:
        """Let go of the lock, and of the process; one that runs is killed."""
        if self._process:
            self._process.close()
        self._output.close()
        with suppress(OSError):
            os.close(self._lock)

    def _finished(self, code: int | None) -> Run:
        while self.take():
            pass
        seconds = self.clock.monotonic() - self._begun
        outcome = Outcome.DONE if code == 0 and self._told is None else self._why
        self._output.note(f"{outcome} after {seconds:.1f} s (exit code {code})")
        return replace(
            self.run,
            outcome=outcome,
            ended=self.clock.now(),
            seconds=round(seconds, 3),
            code=code,
            lines=self._output.lines,
            group="",
        )
