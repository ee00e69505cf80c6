"""What of a repository goes off-site, and in which order: nothing before what it depends on."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from uz.backups.backup import Backup
from uz.backups.catalog import Catalog
from uz.backups.engine import Engine
from uz.backups.retention import Log

DATABASE, FILES, POINTS = "database/", "files/", "points/"
RESTIC = ("config", "keys", "data", "index", "snapshots")
"""The folders of a restic repository, each before those that speak of what is in it."""
NAMED = re.compile(r"config|[0-9a-f]{64}")
"""What restic calls a file that is whole: by the digest of its content."""
MANIFEST = "backup.manifest"


class Wave(IntEnum):
    """Files that may travel side by side; each wave is there before the next begins."""

    LOG = 0
    DATA = 1
    MANIFESTS = 2
    RESTIC = 3
    POINTS = 10


@dataclass(frozen=True)
class Shipment:
    """What has to be sent, a wave after the other. Paths as in the repository."""

    waves: tuple[tuple[str, ...], ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All of it, in order."""
        return tuple(path for wave in self.waves for path in wave)


def shipment(
    local: Mapping[str, int],
    there: Mapping[str, int],
    backups: Iterable[Backup],
    engine: Engine,
    log: Log | None = None,
) -> Shipment:
    """What of these local files, by their sizes, is not there yet and may be sent.

    Files of a backup that was not taken to its end are held back: one that was cut off would
    leave them off-site for ever, where nobody may remove them. `log`: what of it is worth sending.
    """
    missing = [path for path, size in local.items() if there.get(path) != size]
    whole = _whole(missing, backups, engine)
    waves: dict[int, list[tuple[str, str]]] = {}
    for path in missing:
        placed = _placed(path, whole, engine, log)
        if placed is not None:
            waves.setdefault(placed[0], []).append((placed[1], path))
    return Shipment(tuple(tuple(path for _, path in sorted(waves[one])) for one in sorted(waves)))


def _whole(missing: Iterable[str], backups: Iterable[Backup], engine: Engine) -> set[str]:
    """The files of all backups that were taken to their end."""
    inside = [path.removeprefix(DATABASE) for path in missing if path.startswith(DATABASE)]
    paths = tuple(path for path in inside if not engine.segment_of(path))
    if not paths:
        return set()
    return {path for one in backups for path in engine.files_of(one.label, paths)}


def _placed(path: str, whole: set[str], engine: Engine, log: Log | None) -> tuple[int, str] | None:
    """The wave of a file and what it is sorted by there; None where it stays."""
    if path.startswith(DATABASE):
        return _in_database(path, whole, engine, log)
    if path.startswith(FILES):
        return _in_restic(path.removeprefix(FILES))
    return (Wave.POINTS, path) if path.startswith(POINTS) else None


def _in_database(
    whole_path: str, whole: set[str], engine: Engine, log: Log | None
) -> tuple[int, str] | None:
    path = whole_path.removeprefix(DATABASE)
    if engine.passing(path) or path in engine.index():
        return None
    segment = engine.segment_of(path)
    if segment:
        return None if log and not log.holds(segment) else (Wave.LOG, _order(segment))
    if path not in whole:
        return None
    return (Wave.MANIFESTS if MANIFEST in path.split("/")[-1] else Wave.DATA), path


def _order(segment: str) -> str:
    """Histories of timelines first, then the log in the order in which it was written."""
    return f"{segment[8:]}{segment[:8]}" if len(segment) >= 24 else f" {segment}"


def _in_restic(path: str) -> tuple[int, str] | None:
    top, name = path.split("/")[0], path.split("/")[-1]
    if top not in RESTIC or not NAMED.fullmatch(name):
        return None
    return Wave.RESTIC + RESTIC.index(top), path


def goes(path: str) -> bool:
    """Whether a path below `files/` is that of a file that restic keeps for good."""
    return _in_restic(path.removeprefix(FILES)) is not None


def absent(catalog: Catalog, there: Mapping[str, int]) -> tuple[str, ...]:
    """What a catalog names and is not off-site with its size; keys are as in the repository."""
    return tuple(path for path, size in catalog.files.items() if there.get(path) != size)
