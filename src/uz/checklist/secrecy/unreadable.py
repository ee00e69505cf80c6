"""Processes that nobody may look into, such as the first of some containers."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from uz.checklist.fetching.files import bootstrap_of
from uz.environment import Environment
from uz.managers import ManagedSecrets
from uz.scanning.finding import Gap
from uz.scanning.look import Source

PROC = Path("/proc")
CLOCK = timedelta(seconds=2)
"""By so much the start of a process, as the kernel tells it, may be off."""


def without_older(env: Environment, things: Iterable[Source | Gap]) -> Iterator[Source | Gap]:
    """The things, without a gap for processes that are older than every value: none was given one.

    That can be told of what Uz itself has made up, not of what `uz.toml` refers to.
    """
    for thing in things:
        if isinstance(thing, Gap) and not thing.minor and _older(env, closed()):
            yield replace(thing, minor=True)
        else:
            yield thing


def closed(proc: Path = PROC) -> tuple[int, ...]:
    """Processes whose variables this user may not see."""
    return tuple(int(one.name) for one in proc.iterdir() if one.name.isdigit() and _shut(one))


def _shut(process: Path) -> bool:
    try:
        (process / "environ").read_bytes()
    except PermissionError:
        return True
    except OSError:  # it ended, or belongs to the kernel
        return False
    return False


def _older(env: Environment, pids: Iterable[int]) -> bool:
    """Whether all of these were started before the first value was made."""
    born = _born(env)
    if born is None:
        return False
    try:
        return all(_started(pid) < born - CLOCK for pid in pids)
    except psutil.NoSuchProcess:
        return False


def _started(pid: int) -> datetime:
    return datetime.fromtimestamp(psutil.Process(pid).create_time(), UTC)


def _born(env: Environment) -> datetime | None:
    """When the first value was made that is looked for; None where that is not known."""
    source, bootstrap = env.secrets(), bootstrap_of(env)
    if not (env.spec.secrets.embedded and isinstance(source, ManagedSecrets)):
        return None
    if env.stack.references() or not bootstrap.is_file():
        return None
    times = [datetime.fromtimestamp(bootstrap.stat().st_mtime, UTC)]
    for name in source.names():
        kept = source.kept(name)
        if kept is None or kept.written_at is None:
            return None
        times.append(kept.written_at)
    return min(times)
