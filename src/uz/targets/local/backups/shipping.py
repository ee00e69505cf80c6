"""Shipping: what is in the repositories of this machine goes off-site, and then may go here."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

from uz.backups.backup import Backup, BackupKind
from uz.backups.engine import Engine
from uz.backups.retention import Log, kept, log_for
from uz.backups.store import Store
from uz.errors import BackupError, BusyError, StoreError, UzError
from uz.spec.backups import Backups
from uz.targets.local.backups.holding import SHIPPING, backups_held
from uz.targets.local.backups.inventory import disk_seen, repositories
from uz.targets.local.backups.leaving import (
    POINTS_KEPT,
    clear_gone,
    gone,
    remove_points,
    remove_repository,
    superseded,
)
from uz.targets.local.backups.records import Shipping
from uz.targets.local.backups.repository import Repository, current_repository
from uz.targets.local.backups.scratches import LOCK, restores
from uz.targets.local.backups.sending import Sending, There
from uz.targets.local.layout import Layout

LISTING = timedelta(hours=1)
"""How long a listing of what is off-site is believed."""
SNAPSHOTS = 3
"""Of the files, at least so many stay here: they share what did not change."""


@dataclass
class Shipper:
    """Sends what is missing off-site, round after round. `state` is how it is doing.

    `engine` and `store` make one when it is needed; without `store` there is no other place.
    `prune` removes files of old runs from a repository, when all of it is off-site. `protection`
    says what the store lacks that would protect what is there, a line each.
    """

    layout: Layout
    backups: Backups
    engine: Callable[[Repository], Engine]
    store: Callable[[], Store] | None
    prune: Callable[[Repository, int], None]
    stop: threading.Event = field(default_factory=threading.Event)
    state: Shipping = field(default_factory=Shipping)
    beaten: datetime | None = None
    """Up to then all of the log is in the repository."""
    protection: Callable[[Store], tuple[str, ...]] = lambda _store: ()
    _there: There | None = None
    _listed_at: datetime | None = None
    _doubts: dict[str, str] = field(default_factory=dict)
    """Why an engine could not say what it has."""
    _fresh: bool = True
    """Whether something was published since files were pruned."""
    _known: dict[tuple[object, ...], tuple[Backup, ...]] = field(default_factory=dict)

    def round(self) -> None:
        """Send all that is missing, once. Raises UzError; the state says it as well."""
        try:
            self._look()
            self._round()
        except UzError as error:
            self.state = replace(self.state, error=str(error), hint=error.hint)
            raise
        self.state = replace(self.state, error="", hint="")

    def seen(self) -> Shipping:
        """The state, with what arrived meanwhile."""
        there = self._there
        return replace(self.state, offsite_bytes=there.size) if there else self.state

    def _look(self) -> None:
        """What can be seen without the store: the disk, the gap."""
        self.state = replace(
            disk_seen(self.layout, self.state, self.backups.reserve),
            offsite=str(self.backups.offsite or ""),
            repository=current_repository(self.layout).id,
        )

    def _round(self) -> None:
        self._doubts.clear()
        reached, found = self.beaten, repositories(self.layout)
        there = self._there or There()
        sendings = [Sending(one, there, self.stop) for one in found]
        index = self._index(found[-1], self.engine(found[-1]))
        before = self._count(sendings)
        if self.store is not None:
            store = self.store()
            there = self._listing(store, there)
            trouble = [line for one in sendings for line in self._send(one, store)]
            after = self._count(sendings)
            if self._doubts:
                raise BackupError(next(iter(self._doubts.values())), hint="The log is sent.")
            if trouble:
                raise StoreError(trouble[0], hint=f"{len(trouble)} files are not off-site.")
            if before & after or self.stop.is_set():
                return  # what came meanwhile is no reason to wait: a busy database always writes
            covered = self.state.covered_at if self.state.gap_since else reached
            self.state = replace(
                self.state,
                succeeded_at=datetime.now(UTC),
                covered_at=covered or self.state.covered_at,
                offsite_bytes=there.size,
                overwritten=there.overwritten[:20],
            )
        self._expire(sendings[-1], index)
        if self.store is not None:
            self._leave(found, there)

    def _listing(self, store: Store, there: There) -> There:
        now = datetime.now(UTC)
        if self._there is None or self._listed_at is None or abs(now - self._listed_at) > LISTING:
            there.take(store)
            self._there, self._listed_at = there, now
            self._newest(there)
            self.state = replace(self.state, unprotected=self.protection(store))
        return there

    def _newest(self, there: There) -> None:
        """The newest catalog is the one that is there, whatever was written down before."""
        found = max(there.catalogs(), default=None)
        published_at, published = found or (None, "")
        self.state = replace(self.state, published=published, published_at=published_at)

    def _send(self, sending: Sending, store: Store) -> tuple[str, ...]:
        engine = self.engine(sending.repository)
        what, sizes = sending.outstanding(engine, *self._worth(sending.repository, engine))
        trouble = sending.send(store, what, sizes)
        published = sending.publish(store)
        if published:
            self._fresh = True
            self.state = replace(
                self.state, published_at=published.taken_at, published=published.key
            )
        return trouble

    def _worth(
        self, repository: Repository, engine: Engine
    ) -> tuple[tuple[Backup, ...], Log | None]:
        """The backups, and the log that is worth sending: what retention would remove is not.

        Where the engine cannot say, the log goes on its way all the same, and that is told.
        """
        try:
            known = self._backups(repository, engine)
        except UzError as error:
            self._doubts[repository.id] = str(error)
            return (), None
        stays = kept(known, self.backups.keep, self.backups.pitr, datetime.now(UTC))
        return known, log_for(known, stays)

    def _backups(self, repository: Repository, engine: Engine) -> tuple[Backup, ...]:
        """The backups; the engine is only asked when its own index changed."""
        key = self._index(repository, engine)
        if key not in self._known:
            self._known = {one: kept for one, kept in self._known.items() if one[0] != key[0]}
            self._known[key] = engine.backups()
        return self._known[key]

    def _index(self, repository: Repository, engine: Engine) -> tuple[object, ...]:
        """What changes with each backup that is made or removed."""
        paths = (repository.database / one for one in engine.index())
        return (repository.id, *map(_changed, paths))

    def _count(self, sendings: list[Sending]) -> set[Path]:
        """What waits, how much that is, and from when the oldest of it is."""
        queue: list[tuple[Path, int]] = []
        here = 0
        for one in sendings:
            engine = self.engine(one.repository)
            what, sizes = one.outstanding(engine, *self._worth(one.repository, engine))
            here += sum(sizes.values())
            queue += [(one.repository.folder / path, sizes[path]) for path in what.paths]
            queue += [(path, path.stat().st_size) for path in one.waiting()]
        if self.store is None:
            queue = []
        times = [found for path, _ in queue if (found := _changed(path))]
        oldest = datetime.fromtimestamp(min(times), UTC) if times else None
        self.state = replace(
            self.state,
            queue_files=len(queue),
            queue_bytes=sum(size for _, size in queue),
            waiting_since=oldest,
            local_bytes=here,
        )
        return {path for path, _ in queue}

    def _expire(self, current: Sending, index: object) -> None:
        """Remove old backups here, when nobody makes or reads any. What was here at `index` is
        off-site; what came since may not be, so where that is a backup it is left for later."""
        keep = full_ones_here(self.backups)
        engine = self.engine(current.repository)
        known = self._backups(current.repository, engine)
        more = sum(one.kind is BackupKind.FULL for one in known) > keep
        if not (more or self._fresh):
            return
        with suppress(BusyError), backups_held(self.layout, SHIPPING):
            if self._index(current.repository, engine) != index or (
                self.store and current.waiting()
            ):
                return
            if more:
                engine.expire(keep)
            self.prune(current.repository, max(keep, SNAPSHOTS))
            stay = POINTS_KEPT if self.store else self.backups.pitr + self.backups.full
            there = (self._there or There()) if self.store else None
            remove_points(current.repository, there, datetime.now(UTC) - stay)
            self._fresh = False

    def _leave(self, found: tuple[Repository, ...], there: There) -> None:
        """Remove repositories that were left for a new one, all of which are off-site; not while
        somebody restores, perhaps from one of them."""
        old = superseded(found, there, lambda one: self._backups(one, self.engine(one)))
        begun = any(gone(self.layout))
        if not (old or begun) or any(restores(self.layout).glob(f"*{LOCK}")):
            return
        with suppress(BusyError), backups_held(self.layout, SHIPPING):
            clear_gone(self.layout)
            for one in old:
                remove_repository(one)


def full_ones_here(backups: Backups) -> int:
    """How many full backups stay on this machine: where it is the only place, all of the window."""
    if backups.offsite is not None:
        return backups.local
    return max(backups.local, ceil(backups.pitr / backups.full) + 1)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
