"""Made-up repositories, for tests of what plans a restore: paths are as simple as can be.

A backup's files are `backup/LABEL/…`, log files `log/NAME-x`, as an engine would name them.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from uz.backups.backup import Backup, BackupKind
from uz.backups.catalog import Catalog
from uz.backups.inventory import Found, Inventory
from uz.backups.wal import name_of

NOON = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)
MIB = 2**20


def minutes(count: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=count)


class Paths:
    """Names paths as an engine does."""

    def files_of(self, label: str, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Files below the label's folder."""
        return tuple(one for one in paths if one.startswith(f"backup/{label}/"))

    def segment_of(self, path: str) -> str:
        """What stands before the hyphen."""
        name = path.removeprefix("log/").partition("-")[0]
        return name if path.startswith("log/") else ""


@dataclass
class Made:
    """A repository that grows: a log file each minute, and backups."""

    name: str = "cafe"
    files: dict[str, Found] = field(default_factory=dict)
    catalogs: list[Catalog] = field(default_factory=list)
    backups: list[Backup] = field(default_factory=list)

    def log(self, first: int, last: int, *, timeline: int = 1, late: float = 0) -> None:
        """Log files by number; each is stored as many minutes after noon as its number says."""
        for number in range(first, last + 1):
            path = f"database/log/{name_of(timeline, number)}-x"
            self.files[path] = Found(1000, minutes(number + late))

    def take(self, label: str, number: int, *needs: str, version: int = 15) -> Backup:
        """A backup that begins with the log file of this number and ends in the one behind it."""
        backup = Backup(
            label,
            BackupKind.DIFFERENTIAL if needs else BackupKind.FULL,
            minutes(number - 0.5),
            minutes(number + 0.5),
            needs,
            name_of(1, number),
            name_of(1, number + 1),
            100 * MIB,
            10 * MIB,
            "7",
            version,
        )
        self.backups.append(backup)
        for part in ("bundle", "manifest"):
            self.files[f"database/backup/{label}/{part}"] = Found(MIB, backup.ended)
        files = {
            path: one.size for path, one in self.files.items() if path.startswith("database/backup")
        }
        self.catalogs.append(
            Catalog(self.name, backup.ended, "made-up", tuple(self.backups), files, {"info": b"i"})
        )
        return backup

    def inventory(self) -> Inventory:
        """What is there."""
        return Inventory(self.name, tuple(self.catalogs), dict(self.files))

    def without(self, part: str) -> Inventory:
        """What is there, but for files whose path has this in it."""
        left = {path: one for path, one in self.files.items() if part not in path}
        assert len(left) < len(self.files)
        return replace(self.inventory(), files=left)


def an_hour() -> Made:
    """A full backup at minute 1, a differential one at 30, and the log up to minute 60."""
    made = Made()
    made.log(0, 60)
    made.take("full", 1)
    made.take("diff", 30, "full")
    return made
