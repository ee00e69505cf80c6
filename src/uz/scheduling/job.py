"""Jobs, and the file that lists those of an environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cronsim import CronSim, CronSimError

from uz.errors import MachineError

FORMAT = 1
HINT = "`uz up` writes it anew."
ANY_TIME = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Job:
    """A command, and when it is run: a cron expression in UTC.

    `timeout` is in seconds. A job is not run before those in `after` have succeeded once.
    """

    name: str
    schedule: str
    timeout: float
    argv: tuple[str, ...]
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The jobs of one environment, and its name, by which their jitter differs from others'."""

    of: str
    jobs: tuple[Job, ...]

    def job(self, name: str) -> Job:
        """The job of this name. Raises MachineError that names those there are."""
        for one in self.jobs:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.jobs)
        raise MachineError(f"there is no job {name!r}", hint=f"Jobs are {known}.")


def read_plan(path: Path, root: Path) -> Plan:
    """Read the file; in commands `{root}` becomes the environment's folder. Raises MachineError."""
    try:
        return parse_plan(path.read_text(), root)
    except FileNotFoundError as error:
        raise MachineError(
            f"{path}: not found: there are no jobs",
            hint="Write [backups] into uz.toml and run `uz up`.",
        ) from error
    except OSError as error:
        raise MachineError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise MachineError(f"{path}: damaged ({error})", hint=HINT) from error


def parse_plan(text: str, root: Path) -> Plan:
    """The plan in a text. Raises ValueError."""
    try:
        loaded = json.loads(text)
        if loaded["format"] != FORMAT:
            raise ValueError(f"format {loaded['format']!r} is of another version of Uz")
        jobs = tuple(_job(one, root) for one in loaded["jobs"])
        if len({one.name for one in jobs}) < len(jobs):
            raise ValueError("two jobs have one name")
        return Plan(str(loaded["of"]), jobs)
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a list of jobs: {type(error).__name__} {error}") from error


def _job(loaded: Mapping[str, Any], root: Path) -> Job:
    schedule, name = str(loaded["schedule"]), str(loaded["name"])
    try:
        CronSim(schedule, ANY_TIME)
    except CronSimError as error:
        raise ValueError(f"{name}: {schedule!r} is no cron expression") from error
    timeout, argv = float(loaded["timeout"]), [str(word) for word in loaded["argv"]]
    if not 0 < timeout < float("inf") or not argv or not name.isidentifier():
        raise ValueError(f"{name}: no name, no command or no timeout")
    words = tuple(word.replace("{root}", str(root)) for word in argv)
    return Job(name, schedule, timeout, words, tuple(map(str, loaded["after"])))
