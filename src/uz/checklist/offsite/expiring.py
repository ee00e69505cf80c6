"""Whether old backups go by the retention, and never one that a newer one needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from uz.backups.backup import Backup, BackupKind
from uz.backups.catalog import Catalog
from uz.backups.inventory import Found, Inventory
from uz.backups.store import Store
from uz.backups.sweeping import sweep
from uz.backups.wal import name_of
from uz.checklist.offsite.configured import lacking
from uz.environment import Environment
from uz.errors import StoreRefusedError
from uz.spec import Backups
from uz.verdict import Verdict, proven, refuted

REPOSITORY = "0" * 16
DAILY, LONGEST = 29, 200
"""Days: one made-up backup for each of so many, then two on one day of each week, up to so many or
two months beyond the time window."""
LABEL = "%Y%m%d-%H%M%S"


@dataclass(frozen=True)
class _Past:
    """A made-up repository: an object for each backup, one for its log, one for its catalog."""

    backups: tuple[Backup, ...]
    catalogs: tuple[Catalog, ...]

    @property
    def objects(self) -> dict[str, bytes]:
        """Content by key."""
        named = {f"{REPOSITORY}/{path}": b"x" for one in self.catalogs for path in one.files}
        return named | {one.key: one.text().encode() for one in self.catalogs}

    def inventory(self, there: set[str]) -> Inventory:
        """What is left of it, as if each object had come at the time that it is about."""
        files = {
            key.partition("/")[2]: Found(1, one.taken_at)
            for one in reversed(self.catalogs)
            for key in (one.key, *(f"{REPOSITORY}/{path}" for path in one.files))
            if key in there
        }
        catalogs = tuple(one for one in self.catalogs if one.key in there)
        return Inventory(REPOSITORY, catalogs, files)


def expiring(env: Environment) -> Verdict:
    """Put half a year of made-up backups off-site, apply the retention, and see what is left."""
    missing = lacking(env)
    if missing is not None:
        return missing
    assert env.spec.backups is not None
    now = datetime.now(UTC)
    wanted = env.spec.backups
    past = _made_up(now, wanted.pitr)
    store, keeper = env.backups().store(), env.backups().store("retention")
    try:
        with _published(store, keeper, past):
            found = past.inventory(set(store.list(f"{REPOSITORY}/")))
            gone = sweep((found,), wanted.keep, wanted.pitr, now, env.backups().naming)
            for key in gone.keys:
                keeper.remove(key)
            left = past.inventory(set(store.list(f"{REPOSITORY}/")))
    except StoreRefusedError as error:
        return refuted(f"whoever applies the retention may not remove anything: {error}")
    return _judged(past, left, wanted, now)


def _made_up(now: datetime, pitr: timedelta) -> _Past:
    """Each seventh backup is a full one; the others need the one before them."""
    backups = list[Backup]()
    full = ""
    for number, ended in enumerate(_moments(now, pitr)):
        whole = number % 7 == 0
        full = f"{ended:{LABEL}}F" if whole else full
        label = full if whole else f"{full}_{ended:{LABEL}}D"
        segment = name_of(1, number + 1)
        kind = BackupKind.FULL if whole else BackupKind.DIFFERENTIAL
        needs = () if whole else (full,)
        begun = ended - timedelta(minutes=5)
        backups.append(Backup(label, kind, begun, ended, needs, segment, segment, 1, 1, "1", 15))
    catalogs = tuple(_catalog(backups[: number + 1]) for number in range(len(backups)))
    return _Past(tuple(backups), catalogs)


def _moments(now: datetime, pitr: timedelta) -> list[datetime]:
    """When they ended, the oldest first. Of two on one day the earlier one need not be kept."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [now - timedelta(days=day, hours=1) for day in range(DAILY)]
    weeks = range(DAILY, max(LONGEST, pitr.days + 60), 7)
    twice = [
        today - timedelta(days=day) + timedelta(hours=hour) for day in weeks for hour in (1, 2)
    ]
    return sorted(days + twice)


def _catalog(backups: list[Backup]) -> Catalog:
    """As it was written after the last of these: it names those that this machine still had."""
    last = backups[-1]
    here = [one for one in backups if one.label == last.label or one.label in last.needs]
    files = {_path(one): 1 for one in here} | {_log(one): 1 for one in here}
    return Catalog(REPOSITORY, last.ended, "pgbackrest", tuple(here), files)


def _path(one: Backup) -> str:
    return f"database/backup/main/{one.label}/bundle/1"


def _log(one: Backup) -> str:
    return f"database/archive/main/15-1/{one.first_wal[:16]}/{one.first_wal}-{'0' * 40}.zst"


@contextmanager
def _published(store: Store, keeper: Store, past: _Past) -> Iterator[None]:
    for key in store.list(f"{REPOSITORY}/"):  # of one that was interrupted
        keeper.remove(key)
    try:
        for key, content in past.objects.items():
            store.put(key, content)
        yield
    finally:
        for key in store.list(f"{REPOSITORY}/"):
            keeper.remove(key)


def _judged(past: _Past, left: Inventory, wanted: Backups, now: datetime) -> Verdict:
    there = {one.label for one in past.backups if _path(one) in left.files}
    stay = [one for one in past.backups if one.label in there]
    gone = len(past.backups) - len(stay)
    named = {one.label for one, _ in left.backups()}
    torn = [one.label for one in stay if not set(one.needs) <= there or one.label not in named]
    if torn:
        return refuted(f"{torn[0]} was kept, and something that it needs was not")
    lost = [what for what, one in _promised(past, wanted, now) if one.label not in there]
    if lost:
        return refuted(f"{lost[0]} was removed, which backups.keep or backups.pitr promises")
    if not gone:
        return refuted(f"nothing was removed of {len(past.backups)} made-up backups")
    return proven(
        f"of {len(past.backups)} made-up backups {len(stay)} are left: what"
        " backups.keep and backups.pitr promise, and what that needs",
        stay=len(stay),
        gone=gone,
    )


def _promised(past: _Past, wanted: Backups, now: datetime) -> Iterator[tuple[str, Backup]]:
    """What has to be there whatever the rules are, with why."""
    days = {f"{one.ended:%F}": one for one in past.backups}
    for day in sorted(days, reverse=True)[: wanted.keep.daily]:
        yield f"the last backup of {day}", days[day]
    for one in past.backups:
        if one.ended > now - wanted.pitr:
            yield f"the backup of {one.ended:%F}, inside the time window,", one
    months = {f"{one.ended:%Y-%m}": one for one in past.backups}
    for month in sorted(months, reverse=True)[: wanted.keep.monthly]:
        yield f"the last backup of {month}", months[month]
