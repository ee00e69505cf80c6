"""The backups of an environment, as experiments see them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from uz.backups import PASSPHRASE
from uz.backups.backup import BackupKind
from uz.backups.catalog import Catalog
from uz.backups.drilled import Drilled
from uz.backups.engine import Engine
from uz.backups.inventory import Found, Inventory, Log, Naming, inventories
from uz.backups.point import Point
from uz.backups.s3_protection import lacks
from uz.backups.store import Store
from uz.backups.structure import digest
from uz.backups.system import BackupSystem, JobRun
from uz.backups.target import to_time
from uz.environment import only_in_rehearsals
from uz.errors import BackupError, UnhealthyError
from uz.operations.backup import back_up
from uz.operations.backup_offsite import await_offsite
from uz.operations.backups_of import store_for, wanted_backups
from uz.operations.drill import drill
from uz.operations.drill_choice import complete
from uz.operations.drill_place import SCRATCH, drills_held
from uz.operations.jobs import jobs
from uz.operations.place import Place
from uz.operations.point import keep, record_point
from uz.operations.points import place_in_log
from uz.operations.switchover import switchover
from uz.operations.workshop import NAMES, workshop
from uz.psql import primary
from uz.targets.local.backups.beat import cut
from uz.targets.local.backups.canary import newest
from uz.targets.local.backups.contents import DATABASE, contents
from uz.targets.local.backups.engine_of import private_engine
from uz.targets.local.backups.inventory import local_files
from uz.targets.local.backups.primary import primary_session
from uz.targets.local.backups.repository import current_repository
from uz.targets.local.backups.restoring import planned, restored
from uz.targets.local.backups.session import Session
from uz.targets.local.backups.sources import OffSite
from uz.targets.local.backups.store_of import on_this_machine
from uz.targets.local.environment import LocalEnvironment
from uz.waiting import met

SENT = 120.0
"""Seconds in which a recorded point, and the log up to it, has to be off-site."""
NAMED = """\
SELECT pg_create_restore_point('{name}') || '|' || clock_timestamp()::text || '|'
    || (SELECT system_identifier FROM pg_control_system())"""


@dataclass(frozen=True)
class LocalBackups:
    """The backups of a place on this machine."""

    place: Place

    @property
    def away(self) -> bool:
        """Whether the off-site store is on another machine."""
        return not on_this_machine(self.place.spec)

    @property
    def repository(self) -> Path:
        """The folder of backups on this machine."""
        return current_repository(self.place.layout).folder

    @property
    def naming(self) -> Naming:
        """What the engine's files are called."""
        return NAMES

    def store(self, identity: str = "adder") -> Store:
        """The off-site store, as one of its identities."""
        return store_for(self.place, identity)

    def catalogs(self) -> tuple[Catalog, ...]:
        """What is complete off-site, newest first."""
        found = (one for each in inventories(self.store()) for one in each.catalogs)
        return tuple(sorted(found, key=lambda one: one.taken_at, reverse=True))

    def inventory(self) -> tuple[Inventory, Log]:
        """What is off-site of the newest repository, and its part of the database's log."""
        found = complete(inventories(self.store()))
        return found, found.log(NAMES)

    def back_up(self, kind: BackupKind | None = None) -> Catalog:
        """Take a backup and wait until it is off-site."""
        done = back_up(self.place, kind, _silent)
        trouble = await_offsite(self.place, done, _silent)
        if trouble:
            raise UnhealthyError(f"the backup is {trouble}")
        found = next((one for one in self.catalogs() if one.key == done.catalog), None)
        if found is None:
            raise BackupError(f"{done.catalog}: said to be off-site, and is not there")
        return found

    def record_point(self) -> Point:
        """Record a restore point and wait until it, and the log up to it, is off-site."""
        return self._sent(record_point(self.place))

    def record_falsely(self, change: Callable[[], None]) -> Point:
        """Record what is there, change it, and name the point after that."""
        only_in_rehearsals(self.place.environment)
        session = primary_session(self.place.environment)
        held = contents(session.ask)
        change()
        point = _named(session, current_repository(self.place.layout).id)
        false = Point(
            point.name, point.at, point.lsn, point.cluster, point.repository,
            held.tables, digest(held.objects), held.objects, held.left_out,
        )  # fmt: skip
        passphrase = self.place.environment.secret(PASSPHRASE)
        path = keep(current_repository(self.place.layout), false, passphrase)
        try:
            return self._sent(false)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def send_log(self) -> None:
        """Cut the log, wait until it is archived, and put all of it off-site."""
        session = primary_session(self.place.environment)
        segment, archived = cut(session.ask, SENT)
        if not archived:
            raise UnhealthyError(f"{segment} is not archived after {SENT:g} s")
        own, store = current_repository(self.place.layout), self.store()
        there = store.list(f"{own.id}/")
        for path in sorted(local_files(own)):
            key = f"{own.id}/{path}"
            if NAMES.segment_of(path.removeprefix("database/")) and key not in there:
                store.put(key, own.folder / path)

    def engine(self, repository: Path, scratch: Path) -> Engine:
        """An engine, with the environment's passphrase, for a repository in another folder."""
        passphrase = self.place.environment.secret(PASSPHRASE)
        return private_engine(repository, self.place.machine, passphrase, scratch)

    def drill(self, *, whole: bool) -> Drilled:
        """Restore what is off-site into a private place, compare, and remove it again."""
        return drill(self.place, _silent, whole=whole)

    def restored_at(self, moment: datetime) -> datetime | None:
        """Restore the database from off-site to a moment; return the time of the newest row."""
        place, source = self.place, OffSite(self.store())
        shop = workshop(place, place.environment.secret(PASSPHRASE))
        with drills_held(place):
            chosen = planned(shop, source, to_time(moment))
            with restored(shop, source, chosen, place.layout.root / SCRATCH) as made:
                return newest(made.server.ask)

    @contextmanager
    def led_by_another(self) -> Iterator[str]:
        """Have a standby lead the database; the server from before takes it back."""
        env = self.place.environment
        before = primary(env)
        after = _switched(env, "")
        try:
            yield after
        finally:
            _switched(env, before)

    def unprotected(self) -> tuple[str, ...]:
        """What the off-site bucket lacks that would protect what is in it."""
        return lacks(self.store(), wanted_backups(self.place).lock)

    def runs(self, job: str) -> tuple[JobRun, ...]:
        """What the scheduler remembers of one job, in the order it was recorded."""
        found = next((one.runs for one in jobs(self.place.layout) if one.job.name == job), ())
        return tuple(
            JobRun(one.started, one.ended, one.ok, one.outcome.value, bool(one.by)) for one in found
        )

    def due(self, job: str) -> tuple[str, datetime | None]:
        """The cron expression by which the scheduler starts a job, and when it will next."""
        for one in jobs(self.place.layout):
            if one.job.name == job:
                return one.job.schedule, one.due
        raise KeyError(job)

    def _sent(self, point: Point) -> Point:
        session, store = primary_session(self.place.environment), self.store()
        session.ask("SELECT pg_switch_wal()", "postgres")
        there = met(lambda: _reachable(store, point), SENT)
        if not there:
            raise UnhealthyError(
                f"restore point {point.name} is not off-site {SENT:g} s after it was recorded",
                hint="`uz backup list` says what waits; `uz logs shipping` says why.",
            )
        return point


def _switched(env: LocalEnvironment, to: str) -> str:
    """Have a standby take over, and all others follow it. Raises UzError."""
    done = switchover(env, to, _silent)
    for node, why in done.trouble.items():
        raise UnhealthyError(f"{done.after} leads, and {node} does not follow: {why}")
    return done.after


def _reachable(store: Store, point: Point) -> bool:
    there = store.list(f"{point.repository}/")
    files = {key.partition("/")[2]: Found(one.size, one.at) for key, one in there.items()}
    log = Inventory(point.repository, files=files).log(NAMES)
    return point.key in there and place_in_log(point.lsn) in log.segments


def _named(session: Session, repository: str) -> Point:
    name = f"uz-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
    lsn, at, cluster = session.ask(NAMED.format(name=name), DATABASE).split("|")
    return Point(name, datetime.fromisoformat(at), lsn, cluster, repository, {}, "")


def _silent(_what: str, _said: str) -> None:
    """What experiments do is told by their verdicts."""


def backups_in(env: LocalEnvironment) -> BackupSystem:
    """The backups of an environment on this machine."""
    return LocalBackups(Place(env.project, env.spec, env.machine, env.stack, env.layout))
