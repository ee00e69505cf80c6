"""The backups of a running environment, as experiments see them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from uz.backups.backup import BackupKind
from uz.backups.catalog import Catalog
from uz.backups.drilled import Drilled
from uz.backups.engine import Engine
from uz.backups.inventory import Inventory, Log, Naming
from uz.backups.point import Point
from uz.backups.store import Store


@dataclass(frozen=True)
class JobRun:
    """One run of a job; `asked`: a person started it, and not the scheduler."""

    started: datetime
    ended: datetime | None
    ok: bool
    outcome: str
    asked: bool = False


class BackupSystem(Protocol):
    """Backups on this machine, off-site, and what is done with them. All raise UzError."""

    @property
    def away(self) -> bool:
        """Whether the off-site store is on another machine."""
        ...

    @property
    def repository(self) -> Path:
        """The folder of backups on this machine."""
        ...

    @property
    def naming(self) -> Naming:
        """What the engine's files are called."""
        ...

    def store(self, identity: str = "adder") -> Store:
        """The off-site store, as `adder` (this machine), `reader`, `retention` or `admin`."""
        ...

    def catalogs(self) -> tuple[Catalog, ...]:
        """What is complete off-site, newest first."""
        ...

    def inventory(self) -> tuple[Inventory, Log]:
        """What is off-site of the newest repository, and its part of the database's log."""
        ...

    def back_up(self, kind: BackupKind | None = None) -> Catalog:
        """Take a backup and wait until it is off-site."""
        ...

    def record_point(self) -> Point:
        """Record a restore point and wait until it, and the log up to it, is off-site."""
        ...

    def record_falsely(self, change: Callable[[], None]) -> Point:
        """Record what is there, then change it, and only then name the point: what is restored
        lacks what the record has. For negative controls: raises UzError outside a rehearsal."""
        ...

    def send_log(self) -> None:
        """Cut the database's log, wait until it is archived, and put all of it off-site, whether
        the service that does that runs or not."""
        ...

    def engine(self, repository: Path, scratch: Path) -> Engine:
        """An engine, with the environment's passphrase, for a repository in another folder."""
        ...

    def drill(self, *, whole: bool) -> Drilled:
        """Restore what is off-site into a private place, compare, and remove it again.

        `whole`: bring the app up on it as well.
        """
        ...

    def restored_at(self, moment: datetime) -> datetime | None:
        """Restore the database from off-site to a moment, into a private place; return the time of
        the newest row that the canary has there, None where it has none."""
        ...

    def led_by_another(self) -> AbstractContextManager[str]:
        """Have a standby lead the database, whose name is given; the server that led before takes
        it back when the block is left. Queries wait meanwhile, and none fails."""
        ...

    def unprotected(self) -> tuple[str, ...]:
        """What the off-site bucket lacks that would keep others from removing what is in it: a line
        each, as this machine's credential may see it."""
        ...

    def runs(self, job: str) -> tuple[JobRun, ...]:
        """What the scheduler remembers of one job, in the order it was recorded."""
        ...

    def due(self, job: str) -> tuple[str, datetime | None]:
        """The cron expression by which the scheduler starts a job, and when it will next. Raises
        KeyError where it knows no such job."""
        ...
