"""Putting another cluster in the database's place, in steps that are always finished.

Once the decision is written down, every step can be done again: whoever comes next, `uz up` or
another restore, finishes it before anything starts. So there is the old cluster or the new one,
never none and never half of one.
"""

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from uz.errors import BackupError, MachineError
from uz.spec import Spec
from uz.stack import Owner, Stack
from uz.targets.local.backups.repository import current_repository, prepare_repository
from uz.targets.local.folders import disk_errors, folder, write
from uz.targets.local.layout import Layout
from uz.targets.local.state import read_state, write_state
from uz.targets.local.users import user_of

MARK = "restore.json"
ASIDE = "before-restore"
NODE = re.compile(r"database-[0-9]{1,2}")
REMAINS = re.compile(r"database-[0-9]{1,2}\.(new|rewinding)")
STAMP = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Swap:
    """The decision: `source` takes the place of `leader`, whose data goes aside under `stamp`.

    `source` is below the environment's folder; `repository` is the one that is left with it.
    """

    source: str
    leader: str
    stamp: str
    repository: str = ""


@dataclass(frozen=True)
class Before:
    """A cluster that was put aside: when, and where it is."""

    at: datetime
    folder: Path


def mark(layout: Layout) -> Path:
    """Where the decision is written while it is carried out."""
    return layout.root / MARK


def decide(layout: Layout, source: Path, leader: str) -> Swap:
    """Write the decision down: from now on it will be carried out. Raises MachineError."""
    try:
        repository = current_repository(layout).id
    except BackupError:
        repository = ""
    stamp = f"{datetime.now(UTC):{STAMP}}"
    swap = Swap(str(source.relative_to(layout.root)), leader, stamp, repository)
    write(mark(layout), json.dumps(asdict(swap)))
    return swap


def finish(layout: Layout, spec: Spec, stack: Stack) -> Swap | None:
    """Carry out a decision that was written down; return it, or None where there is none.

    No server of the database runs meanwhile. Raises MachineError.
    """
    swap = _decided(layout)
    if swap is None:
        return None
    database = layout.data / "database"
    source, place = layout.root / swap.source, database / swap.leader
    aside = database / ASIDE / swap.stamp
    owner = user_of(Owner.SERVERS)
    with disk_errors(database):
        if source.exists():
            folder(database / ASIDE, 0o700, owner.uid, owner.gid)
            folder(aside, 0o700, owner.uid, owner.gid)
            _put_aside(database, aside)
            _kept(aside)
            source.rename(place)
            _kept(database)
        elif not place.exists():
            raise MachineError(
                f"{source}: gone, and it was to become {place}",
                hint=f"What was there before is in {aside}: move it back, remove"
                f" {mark(layout)}, and run `uz up`.",
            )
        if spec.backups is not None and _current(layout) in {swap.repository, ""}:
            prepare_repository(layout, anew=True)
        _run_once_again(layout, stack)
        _forget(database / ASIDE, swap)
        mark(layout).unlink()
    return swap


def before(layout: Layout) -> Before | None:
    """The cluster that the last restore put aside; None where there is none."""
    found = []
    for path in (layout.data / "database" / ASIDE).glob("*/database-*"):
        try:
            at = datetime.strptime(path.parent.name, STAMP).replace(tzinfo=UTC)
        except ValueError:
            continue
        if NODE.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            found.append(Before(at, path))
    return max(found, key=lambda one: one.at, default=None)


def _decided(layout: Layout) -> Swap | None:
    path = mark(layout)
    try:
        swap = Swap(**json.loads(path.read_text()))
        datetime.strptime(swap.stamp, STAMP).replace(tzinfo=UTC)
        inside = (layout.root / swap.source).resolve().is_relative_to(layout.data.resolve())
        if not inside or not NODE.fullmatch(swap.leader):
            raise ValueError("it names another place")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise MachineError(
            f"{path}: damaged ({error})",
            hint="A restore was interrupted. Look at data/database and data/restore: where"
            " database-1 is whole, remove this file; `uz up` goes on.",
        ) from error
    return swap


def _put_aside(database: Path, aside: Path) -> None:
    for one in sorted(database.iterdir()):
        if REMAINS.fullmatch(one.name):
            _removed(one)
        elif NODE.fullmatch(one.name):
            if (aside / one.name).exists():
                raise MachineError(
                    f"{one}: was put aside already as {aside / one.name}",
                    hint="Somebody made it anew meanwhile: move one of them away, then `uz up`.",
                )
            one.rename(aside / one.name)


def _forget(top: Path, swap: Swap) -> None:
    """Keep of what is aside the last primary alone: standbys are copies, and are copied anew."""
    for stamp in sorted(top.iterdir()) if top.exists() else ():
        for one in sorted(stamp.iterdir()):
            if stamp.name != swap.stamp or one.name != swap.leader:
                _removed(one)
        if not any(stamp.iterdir()):
            stamp.rmdir()


def _removed(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _kept(path: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _current(layout: Layout) -> str:
    try:
        return current_repository(layout).id
    except BackupError:
        return ""


def _run_once_again(layout: Layout, stack: Stack) -> None:
    """Forget that roles, rights, archiving and migrations were set up: it is another cluster."""
    state = read_state(layout)
    if state is None:
        return
    once = {one.name for one in stack.services if one.once}
    applied = {name: digest for name, digest in state.applied.items() if name not in once}
    write_state(layout, replace(state, applied=applied))
