"""The journal of all runs: bounded, written whole or not at all, and never in the way of a job."""

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from uz.scheduling.run import Outcome, Run, parsed

log = logging.getLogger(__name__)

FORMAT = 1
KEPT = 100
"""Runs of each job that are remembered."""
WITH_LINES = 5
"""Of them, the last so many with what they printed."""

Runs = Mapping[str, tuple[Run, ...]]


class Journal:
    """Runs by job, in the order they were recorded, in a file that several processes may write.

    What cannot be written, as on a full disk, is kept in memory and written when that works again;
    `trouble` says why it does not.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is read or made yet."""
        self.path = path
        self.trouble = ""
        self._unwritten: list[Run] = []
        self._seen: tuple[int, int, int] | None = None
        self._read: Runs = {}

    @property
    def set_aside(self) -> Path:
        """Where a damaged journal is kept to be looked at."""
        return self.path.with_name(f"{self.path.name}.damaged")

    def runs(self) -> Runs:
        """All runs that are remembered, what could not be written yet among them."""
        try:
            self._load()
        except OSError as error:
            self.trouble = f"{self.path}: {error.strerror}"
        return _with(self._read, self._unwritten)

    def record(self, run: Run) -> bool:
        """Remember a run, or how one that was recorded ended; say whether it could be written."""
        self._unwritten.append(run)
        return self.flush()

    def flush(self) -> bool:
        """Write what could not be written before; say whether nothing is left."""
        if not self._unwritten:
            return True
        try:
            with self._held():
                self._load()
                found = _trimmed(_with(self._read, self._unwritten))
                self._write(found)
        except OSError as error:
            if not self.trouble:
                log.error("%s: cannot be written, tried again: %s", self.path, error.strerror)
            self.trouble = f"{self.path}: {error.strerror}"
            self._unwritten = [one for runs in _by_job(self._unwritten).values() for one in runs]
            return False
        self._unwritten.clear()
        self.trouble = ""
        return True

    def _load(self) -> None:
        """Read the file where it is not the one that was read before. Raises OSError."""
        try:
            with self.path.open("rb") as file:
                found = os.fstat(file.fileno())
                seen = (found.st_ino, found.st_mtime_ns, found.st_size)
                if seen == self._seen:
                    return
                text = file.read()
        except FileNotFoundError:
            self._seen, self._read = None, {}
            return
        try:
            self._read = _parsed(json.loads(text))
        except (ValueError, RecursionError) as error:
            log.error("%s: damaged (%s), kept as %s", self.path, error, self.set_aside)
            self.path.replace(self.set_aside)
            self._seen, self._read = None, {}
            return
        self._seen = seen

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep other processes from writing meanwhile. Raises OSError."""
        lock = self.path.with_name(f"{self.path.name}.lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, runs: Runs) -> None:
        """Write the file beside and rename it. Raises OSError."""
        form = {name: [one.form() for one in found] for name, found in runs.items()}
        fresh = self.path.with_name(f".{self.path.name}.new")
        try:
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump({"format": FORMAT, "jobs": form}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise


def _parsed(loaded: Any) -> Runs:
    """Raises ValueError."""
    try:
        if loaded["format"] != FORMAT:
            raise ValueError(f"format {loaded['format']!r} is of another version of Uz")
        return {str(name): tuple(map(parsed, runs)) for name, runs in loaded["jobs"].items()}
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"no journal: {type(error).__name__} {error}") from error


def _by_job(runs: Sequence[Run]) -> Runs:
    return _with({}, runs)


def _with(known: Runs, more: Sequence[Run]) -> Runs:
    """Runs with more of them; how one ended takes the place of its beginning."""
    found = dict(known)
    for run in more:
        before = found.get(run.job, ())
        same = [one.started == run.started and one.outcome is Outcome.RUNNING for one in before]
        kept = tuple(run if here else one for here, one in zip(same, before, strict=True))
        found[run.job] = kept if any(same) else (*before, run)
    return found


def _trimmed(runs: Runs) -> Runs:
    """The last of each job, and what was printed only of a few."""
    found = {}
    for name, all_runs in runs.items():
        last = all_runs[-KEPT:]
        short = (replace(one, lines=()) for one in last[:-WITH_LINES])
        found[name] = (*short, *last[-WITH_LINES:])
    return found
