"""Backups in a folder: for tests of what is seen of backups, which then need no server.

Files have the names and the first bytes that pgBackRest's have, and hold nothing; restore points
are sealed as real ones are.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from uz.backups.backup import Backup, BackupKind
from uz.backups.catalog import Catalog
from uz.backups.drilled import Drilled
from uz.backups.engine import Engine
from uz.backups.inventory import Inventory, Log, Naming, inventories
from uz.backups.pgbackrest import PgBackRest
from uz.backups.point import Point, Table
from uz.backups.sealing import seal
from uz.backups.store import Store
from uz.backups.system import JobRun
from uz.backups.tally import Tally
from uz.backups.wal import PER_LOG, name_of
from uz.errors import BackupError, StoreRefusedError
from uz.secret import Secret
from uz.testing.folder_store import FolderStore

REPOSITORY = "cafe" * 4
NAMES = PgBackRest(Path("/"), Path("/"), Path("/"))
"""Asked about names of files alone."""
ENCRYPTED = b"Salted__"
CLUSTER = "7400000000000000001"
RIGHTS = {
    "admin": frozenset({"put", "remove"}),
    "adder": frozenset({"put"}),
    "reader": frozenset[str](),
    "retention": frozenset({"remove"}),
}
"""What each identity of an off-site store may do beside reading."""


@dataclass
class GuardedStore(FolderStore):
    """A folder that refuses what an identity may not do. `may`: of `put` and `remove`."""

    may: frozenset[str] = RIGHTS["admin"]

    def put(self, key: str, content: Path | bytes) -> None:
        """Write a file, where that may be."""
        self._allowed("put", key)
        super().put(key, content)

    def remove(self, key: str) -> None:
        """Remove a file, where that may be."""
        self._allowed("remove", key)
        super().remove(key)

    def _allowed(self, what: str, key: str) -> None:
        if what not in self.may:
            raise StoreRefusedError(f"{self.folder}: this access key may not {what} {key}")


@dataclass
class FakeBackups:
    """A repository here and one off-site, in `folder`. Nothing is in them until a test puts it.

    `drilled` is what every drill comes to; `due_at` and `schedule` are the scheduler's; `sent`
    counts how often the log was asked to be sent; `made` is what `engine` gives; `holds` tells the
    newest row of a restore to a moment, `other` has another server lead, `lacking` is what the
    bucket lacks.
    """

    folder: Path
    away: bool = False
    schedule: str = "17 3 * * *"
    due_at: datetime | None = None
    passphrase: Secret = field(default_factory=lambda: Secret(b"a passphrase of tests"))
    journal: list[JobRun] = field(default_factory=list)
    rights: dict[str, frozenset[str]] = field(default_factory=lambda: dict(RIGHTS))
    drilled: Drilled | None = None
    drills: list[bool] = field(default_factory=list)
    sent: int = 0
    made: Engine | None = None
    holds: Callable[[datetime], datetime | None] = lambda _moment: None
    other: Callable[[], AbstractContextManager[str]] | None = None
    lacking: tuple[str, ...] = ()
    _log: int = 0

    @property
    def repository(self) -> Path:
        """The folder of backups on this machine."""
        return self.folder / "here" / REPOSITORY

    @property
    def naming(self) -> Naming:
        """As pgBackRest names its files."""
        return NAMES

    def store(self, identity: str = "adder") -> Store:
        """The folder off-site, with an identity's rights."""
        return GuardedStore(self.far, may=self.rights[identity])

    @property
    def far(self) -> Path:
        """The folder that is off-site."""
        return self.folder / "far"

    def catalogs(self) -> tuple[Catalog, ...]:
        """What is complete off-site, newest first."""
        found = (one for each in inventories(self.store()) for one in each.catalogs)
        return tuple(sorted(found, key=lambda one: one.taken_at, reverse=True))

    def inventory(self) -> tuple[Inventory, Log]:
        """What is off-site of the newest repository. Raises BackupError where nothing is."""
        found = next((one for one in inventories(self.store()) if one.catalogs), None)
        if found is None:
            raise BackupError("there is no complete backup off-site")
        return found, found.log(NAMES)

    def back_up(self, kind: BackupKind | None = None) -> Catalog:
        """Have a backup of nothing off-site, which ended now, with its log and its catalog."""
        ended = datetime.now(UTC)
        known = self.catalogs()[0].backups if self.catalogs() else ()
        full = next((one.label for one in known if one.kind is BackupKind.FULL), "")
        whole = kind is BackupKind.FULL or not full
        label = f"{ended:%Y%m%d-%H%M%S}F" if whole else f"{full}_{ended:%Y%m%d-%H%M%S}D"
        segment = name_of(1, self._log + 1)
        made = Backup(
            label, BackupKind.FULL if whole else BackupKind.DIFFERENTIAL,
            ended - timedelta(seconds=1), ended, () if whole else (full,),
            segment, segment, 2**20, 2**18, CLUSTER, 15,
        )  # fmt: skip
        own = f"database/backup/main/{label}"
        parts = {"bundle/1": 4096, "pg_data/global/pg_control.zst": 64, "backup.manifest": 512}
        paths = [self.put(f"{own}/{name}", _encrypted(size)) for name, size in parts.items()]
        file = f"files/data/{secrets.token_hex(32)}"
        paths += [self._segment(), self.put(file, secrets.token_bytes(2048))]
        before = self.catalogs()[0].files if known else {}
        files = {**before, **{path: (self.repository / path).stat().st_size for path in paths}}
        tally = Tally(1, 2048).sealed(self.passphrase)
        catalog = Catalog(REPOSITORY, ended, "pgbackrest", (*known, made), files, tally=tally)
        self.store().put(catalog.key, catalog.text().encode())
        return catalog

    def record_point(self) -> Point:
        """Have a restore point off-site, and the log behind it."""
        at, place = datetime.now(UTC), self._log + 1
        point = Point(
            f"uz-{at:%H%M%S.%f}", at, f"{place // PER_LOG:X}/{place % PER_LOG:X}000110", CLUSTER,
            REPOSITORY, {"public.orders": Table(3, "1")}, "",
        )  # fmt: skip
        self.put(point.key.partition("/")[2], seal(self.passphrase, point.text().encode()))
        self._segment()
        return point

    def record_falsely(self, change: Callable[[], None]) -> Point:
        """Change what is there, and record a point as if it were not."""
        change()
        return self.record_point()

    def send_log(self) -> None:
        """Have one more log file off-site."""
        self.sent += 1
        self._segment()

    def engine(self, repository: Path, scratch: Path) -> Engine:  # noqa: ARG002
        """What a test put there. Raises BackupError where it put nothing."""
        if self.made is None:
            raise BackupError("there is no engine")
        return self.made

    def drill(self, *, whole: bool) -> Drilled:
        """What a test wants it to come to; else one that compared nothing."""
        self.drills.append(whole)
        return self.drilled or Drilled(datetime.now(UTC), whole=whole)

    def restored_at(self, moment: datetime) -> datetime | None:
        """What a test says that a restore to a moment has; nothing where it says nothing."""
        return self.holds(moment)

    @contextmanager
    def led_by_another(self) -> Iterator[str]:
        """What a test says happens meanwhile, and after that. Raises BackupError where it says
        nothing."""
        if self.other is None:
            raise BackupError("there is no other server")
        with self.other() as leads:
            yield leads

    def unprotected(self) -> tuple[str, ...]:
        """What a test says."""
        return self.lacking

    def runs(self, job: str) -> tuple[JobRun, ...]:
        """The journal: of the job `backup` alone."""
        return tuple(self.journal) if job == "backup" else ()

    def due(self, job: str) -> tuple[str, datetime | None]:
        """The schedule of the job `backup`. Raises KeyError for another."""
        if job != "backup" or not self.schedule:
            raise KeyError(job)
        return self.schedule, self.due_at

    def ran(self, *, ok: bool = True, asked: bool = False) -> JobRun:
        """Take a backup as the scheduler does, and write that into the journal."""
        started = datetime.now(UTC)
        if ok:
            self.back_up()
        run = JobRun(started, datetime.now(UTC), ok, "done" if ok else "failed", asked)
        self.journal.append(run)
        return run

    def put(self, path: str, content: bytes) -> str:
        """Have a file here and off-site. Return its path."""
        here = self.repository / path
        here.parent.mkdir(parents=True, exist_ok=True)
        here.write_bytes(content)
        self.store().put(f"{REPOSITORY}/{path}", content)
        return path

    def objects(self) -> dict[str, bytes]:
        """All that is off-site, by key."""
        store = self.store()
        return {key: store.read(key) for key in store.list()}

    def _segment(self) -> str:
        self._log += 1
        name = name_of(1, self._log)
        path = f"database/archive/main/15-1/{name[:16]}/{name}-{secrets.token_hex(20)}.zst"
        return self.put(path, _encrypted(1024))


def _encrypted(size: int) -> bytes:
    """What begins as an encrypted file does, and goes on at random."""
    return ENCRYPTED + secrets.token_bytes(size - len(ENCRYPTED))
