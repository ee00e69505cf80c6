"""Fetching what a restore needs from off-site, into a folder that looks like a repository.

What lies off-site was written by a machine that may since have fallen into other hands: no name
from there leads out of the folder.
"""

import os
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from uz.backups.inventory import DATABASE
from uz.backups.plan import Plan
from uz.backups.store import Store
from uz.errors import BackupError, MachineError
from uz.stack import Owner
from uz.targets.local.backups.abreast import abreast
from uz.targets.local.backups.inventory import free
from uz.targets.local.folders import disk_errors, folder, write
from uz.targets.local.users import user_of

THREADS = 8
MARGIN = 64 * 2**20
"""Bytes of the disk that a restore leaves free."""
LONGEST = 6 * 3600.0
"""Seconds that fetching may take by default: `backups.timeout` of a spec that has none."""


def fetched(store: Store, plan: Plan, into: Path, *, within: float = LONGEST) -> Path:
    """Fetch all that a plan names; return the folder that the engine takes for its repository.

    What an interrupted run has fetched is kept. The engine's part belongs to the servers' user in
    the end. Raises BackupError, StoreError, and MachineError where the disk has no room for it.
    """
    index = {_named(name): content for name, content in plan.catalog.index.items()}
    for path in (*plan.files, *index):
        safe(path)
    folder(into, 0o700)
    _taken_back(into)
    missing = {path: size for path, size in plan.files.items() if _size(into / path) != size}
    room_for(sum(missing.values()), into, "fetching the backup")
    for parent in {PurePosixPath(one).parent for one in (*plan.files, *index)}:
        with disk_errors(into / parent):
            (into / parent).mkdir(parents=True, exist_ok=True)
    _fetch(store, plan.repository, missing, into, time.monotonic() + within)
    for path, content in index.items():
        write(into / path, content)
    _handed_over(into)
    return into / DATABASE.rstrip("/")


def fetched_files(
    store: Store, repository: str, files: Mapping[str, int], into: Path, *, within: float = LONGEST
) -> None:
    """Fetch these files alone, with their sizes by path; they stay the caller's.

    Raises BackupError, StoreError, and MachineError where the disk has no room for them.
    """
    for path in files:
        safe(path)
    folder(into, 0o700)
    room_for(sum(files.values()), into, "fetching the backup")
    for parent in {PurePosixPath(one).parent for one in files}:
        with disk_errors(into / parent):
            (into / parent).mkdir(parents=True, exist_ok=True)
    _fetch(store, repository, files, into, time.monotonic() + within)


def safe(path: str) -> None:
    """Raise BackupError where a path from off-site is not a plain one below the folder."""
    parts = path.split("/")
    plain = path.isprintable() and "\\" not in path and not {"", ".", ".."} & set(parts)
    if not plain or len(path) > 1000 or any(len(one) > 250 for one in parts):
        raise BackupError(
            f"the off-site backups name a file {path[:80]!r}, which no backup of Uz has",
            hint="Somebody else wrote to the bucket: look at it before anything is restored.",
        )


def room_for(needed: int, where: Path, what: str) -> None:
    """Raise MachineError where the disk has no room for so many bytes."""
    there = next(one for one in (where, *where.parents) if one.exists())
    left = free(there)
    if left < needed + MARGIN:
        raise MachineError(
            f"{there}: {what} takes {needed / 2**20:,.0f} MiB, and {left / 2**20:,.0f} MiB of the"
            " disk are free",
            hint="Free some space and run the command again.",
        )


def _named(name: str) -> str:
    """An index file's path in the repository; the catalog may have it by the engine's."""
    return name if name.startswith(DATABASE) else f"{DATABASE}{name}"


def _fetch(
    store: Store, repository: str, missing: Mapping[str, int], into: Path, end: float
) -> None:
    def act(path: str) -> None:
        if time.monotonic() > end:
            raise BackupError(
                "fetching the backup takes too long", hint="Run it again: it goes on."
            )
        with disk_errors(into / path):
            store.fetch(f"{repository}/{path}", into / path)
        if _size(into / path) != missing[path]:
            raise BackupError(
                f"the object {repository}/{path} is damaged off-site: it has"
                f" {_size(into / path)} bytes, not {missing[path]}",
                hint="Go to a backup that does without it: --to an earlier moment. `uz backup"
                " verify` lists all that is damaged.",
            )

    largest_first = sorted(missing, key=lambda path: missing[path], reverse=True)
    abreast(largest_first, act, threads=THREADS, stop=threading.Event())


def _size(path: Path) -> int:
    """Bytes of a regular file; -1 where there is none."""
    try:
        found = path.lstat()
    except OSError:
        return -1
    return found.st_size if stat.S_ISREG(found.st_mode) else -1


def _taken_back(into: Path) -> None:
    """Make what an earlier run handed over one's own again, so that nobody changes it meanwhile."""
    _owned(into, os.geteuid(), os.getegid(), _top_down(into))


def _handed_over(into: Path) -> None:
    servers = user_of(Owner.SERVERS)
    part = into / DATABASE.rstrip("/")
    if part.exists():
        _owned(into, servers.uid, servers.gid, reversed(list(_top_down(part))))
    with disk_errors(into):
        os.chown(into, -1, servers.gid)
        into.chmod(0o710)


def _top_down(folder_: Path) -> Iterator[Path]:
    yield folder_
    for top, folders, files in os.walk(folder_):
        yield from (Path(top) / one for one in (*folders, *files))


def _owned(into: Path, uid: int, gid: int, paths: Iterable[Path]) -> None:
    """Give paths to a user. Raises BackupError where one is neither a file nor a folder."""
    for path in paths:
        with disk_errors(path):
            found = path.lstat()
            if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                raise BackupError(f"{path}: is no file", hint=f"Remove {into} and run it again.")
            if found.st_uid != uid:
                os.chown(path, uid, gid, follow_symlinks=False)
