"""What lies in a repository on this machine, and how much room there is beside it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from uz.errors import MachineError
from uz.targets.local.backups.gap import read_gap
from uz.targets.local.backups.records import Shipping
from uz.targets.local.backups.repository import Repository, current_repository
from uz.targets.local.folders import disk_errors
from uz.targets.local.layout import Layout

PARTS = ("database", "files", "points")
"""The folders that go off-site file by file; the catalogs follow when all they name is there."""


def local_files(repository: Repository) -> dict[str, int]:
    """Path and size of each file in the repository but for the catalogs. Raises MachineError."""
    found: dict[str, int] = {}
    for part in PARTS:
        with disk_errors(repository.folder / part):
            found |= dict(_below(repository.folder / part, f"{part}/"))
    return found


def _below(folder: Path, prefix: str) -> Iterator[tuple[str, int]]:
    """Files below a folder; what is removed meanwhile is not there, and links are not followed."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            try:
                yield prefix + entry.name, entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                continue


def repositories(layout: Layout) -> tuple[Repository, ...]:
    """All repositories on this machine; the current one is the last. Raises BackupError where there
    is none."""
    current = current_repository(layout)
    with disk_errors(layout.repositories):
        known = (one for one in layout.repositories.iterdir() if one.name.isalnum())
        others = sorted(one for one in known if (one / "catalogs").is_dir())
    return (*(Repository(one) for one in others if one.name != current.id), current)


def free(folder: Path) -> int:
    """Bytes that may still be written where a folder is. Raises MachineError."""
    with disk_errors(folder):
        return shutil.disk_usage(folder).free


def room(folder: Path, reserve: int, takes: int = 0) -> None:
    """Raise MachineError where less of the disk is free than backups have to leave, and the next
    one takes; in bytes."""
    left = free(folder)
    if left < reserve + takes:
        more = f" and the next one takes {takes / 2**20:,.0f} MiB" if takes else ""
        raise MachineError(
            f"{folder}: {left / 2**20:,.0f} MiB of the disk are free, backups leave"
            f" {reserve / 2**20:,.0f} MiB{more}: none is taken",
            hint="Free some space, or lower backups.reserve.",
        )


def disk_seen(layout: Layout, state: Shipping, reserve: int) -> Shipping:
    """The state, with the disk and the gap in the log as they are now. Raises MachineError."""
    left, gap = free(layout.repositories), read_gap(layout)
    return replace(
        state,
        disk_free=left,
        disk_low=left < reserve,
        gap_since=gap.since if gap else None,
        dropped=gap.dropped if gap else 0,
    )
