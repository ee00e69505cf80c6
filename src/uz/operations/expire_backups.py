"""`uz backup expire`: retention off-site, by an identity that the machine does not have."""

from datetime import UTC, datetime

from uz.backups.inventory import inventories
from uz.backups.store import Store
from uz.backups.sweeping import Sweep, sweep
from uz.operations.backup import Progress
from uz.operations.backups_of import engine_for, store_for, wanted_backups
from uz.operations.place import Place
from uz.targets.local.backups.repository import Repository


def planned(place: Place, store: Store, now: datetime | None = None) -> Sweep:
    """What `backups.keep` and `backups.pitr` would have removed now. Raises UzError."""
    wanted = wanted_backups(place)
    naming = engine_for(place, Repository(place.layout.repositories / "none"))
    at = now or datetime.now(UTC)
    return sweep(inventories(store), wanted.keep, wanted.pitr, at, naming)


def expire_backups(place: Place, progress: Progress, *, dry_run: bool = False) -> Sweep:
    """Remove off-site what no kept backup needs; the catalogs of what goes are the first to go.

    Raises StoreRefusedError where the identity may not, BackupError where nothing can be decided.
    """
    store = store_for(place, "retention")
    found = planned(place, store)
    if not dry_run:
        for number, key in enumerate(found.keys, 1):
            store.remove(key)
            if number % 100 == 0:
                progress("off-site", f"{number} of {len(found.keys)} objects removed")
    return found
