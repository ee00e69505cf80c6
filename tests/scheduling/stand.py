"""A folder with jobs for a scheduler, as a process of its own or in this one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from uz.scheduling.journal import Journal
from uz.scheduling.places import Places
from uz.scheduling.run import Outcome, Run

EVERY_SECOND = "* * * * * *"
YEARLY = "0 0 1 1 *"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass
class FalseClock:
    """A clock that stands still, until it is moved; the other one runs."""

    at: datetime = NOON

    def now(self) -> datetime:
        """What it was set to."""
        return self.at

    def monotonic(self) -> float:
        """The real one."""
        return time.monotonic()

    def move(self, **how: float) -> None:
        """Go on, or back, by so many hours or days."""
        self.at += timedelta(**how)


def job(name: str, script: str, schedule: str = YEARLY, **more: Any) -> dict[str, Any]:
    """A job that is a shell script."""
    known = {"timeout": 30, "after": []}
    return {"name": name, "schedule": schedule, "argv": ["sh", "-c", script], **known, **more}


def ended(name: str, started: datetime, outcome: Outcome = Outcome.DONE, **more: Any) -> Run:
    """A run that is over."""
    return Run(name, started, outcome, started + timedelta(seconds=1), 1.0, 0, **more)


@dataclass
class Stand:
    """The folder of an environment, as far as the scheduler knows it."""

    root: Path
    begun: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def places(self) -> Places:
        """Its paths."""
        return Places(self.root)

    @property
    def journal(self) -> Journal:
        """Its journal, read anew."""
        return Journal(self.places.journal)

    def plan(self, *jobs: dict[str, Any]) -> None:
        """Make the folders, and write the jobs."""
        for path in (self.places.plan, self.places.journal, self.places.lock("x")):
            path.parent.mkdir(parents=True, exist_ok=True)
        self.places.logs.parent.mkdir(exist_ok=True)
        text = json.dumps({"format": 1, "of": "shop/production", "jobs": jobs})
        self.places.plan.write_text(text)

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        """A scheduler of its own; `words` are what starts it."""
        command = [*words, sys.executable, "-m", "uz.scheduling", str(self.places.plan)]
        with (self.root / "scheduler.log").open("ab") as log:
            one = subprocess.Popen(command, cwd=self.root, stdout=log, stderr=log)
        self.begun.append(one)
        return one

    def runs(self, name: str) -> Sequence[Run]:
        """What the journal says of a job."""
        return self.journal.runs().get(name, ())

    def over(self, name: str) -> list[Run]:
        """Its runs that are over."""
        return [run for run in self.runs(name) if run.outcome is not Outcome.RUNNING]

    @property
    def log(self) -> str:
        """What schedulers said."""
        return (self.root / "scheduler.log").read_text()

    def end(self) -> None:
        """End all that was started, and what it left."""
        for one in self.begun:
            if one.poll() is None:
                one.send_signal(signal.SIGTERM)
            one.wait(timeout=30)
        for runs in self.journal.runs().values():
            for run in runs:
                if run.group:
                    _kill(int(run.group.split()[1]))


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"
