"""What a drill restores: the newest backup that is off-site, and the point to compare it at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from uz.backups.finding import Finding
from uz.backups.inventory import Inventory, inventories
from uz.backups.plan import Plan
from uz.backups.point import Point
from uz.backups.store import Store
from uz.backups.target import LATEST, Target, to_point
from uz.errors import BackupError
from uz.operations.points import NoPointError, newest_point
from uz.operations.workshop import NAMES
from uz.secret import Secret
from uz.spec import Backups
from uz.targets.local.backups.restoring import Workshop, planned
from uz.targets.local.backups.sources import OffSite
from uz.waiting import met

SOON = timedelta(seconds=15)
"""How much longer than an RPO what was just recorded or written may be on its way off-site."""


@dataclass(frozen=True)
class DrillChoice:
    """What is restored, to be compared at `point` on the way to the latest. `listed_at`: when it
    was seen what is off-site."""

    inventory: Inventory
    plan: Plan
    point: Point
    listed_at: datetime

    @property
    def first(self) -> Target:
        """Where the restore stops on its way, to be compared."""
        return to_point(self.point.name, self.point.at)

    @property
    def newest(self) -> Finding:
        """Whether it is the newest backup there is that can be used."""
        problems = self.plan.passed_over
        detail = "; ".join(problems) or f"backup {self.plan.backup.label} is whole"
        return Finding("newest", not problems, detail)


def drill_choice(store: Store, shop: Workshop, wanted: Backups, passphrase: Secret) -> DrillChoice:
    """Choose. Where the first backup was taken just now, the log behind it is waited for.

    Raises BackupError where there is nothing to be restored, or log is missing, and StoreError.
    """
    source = OffSite(store)
    found: list[tuple[Inventory, datetime]] = []

    def there() -> bool:
        at = datetime.now(UTC)
        inventory = complete(inventories(store))
        found[:] = [(inventory, at)]
        return _has_point(store, inventory, passphrase)

    met(there, (wanted.rpo + SOON).total_seconds())
    inventory, at = found[0]
    plan = planned(shop, source, LATEST)
    try:
        point = newest_point(store, inventory, NAMES, passphrase, after=plan.backup.ended)
    except NoPointError:
        point = newest_point(store, inventory, NAMES, passphrase)
        plan = planned(shop, source, to_point(point.name, point.at), everything=True)
    return DrillChoice(inventory, plan, point, at)


def complete(found: Sequence[Inventory]) -> Inventory:
    """The newest repository with a complete backup. Raises BackupError where there is none."""
    known = [one for one in found if one.catalogs]
    if not known:
        raise BackupError(
            "there is no complete backup off-site", hint="`uz backup now` takes one, and waits."
        )
    return known[0]


def went_on(inventory: Inventory, wanted: Backups) -> bool:
    """Whether log is there that was written long enough after the first backup to have a beat of
    the canary in it: a moment in between can be tried."""
    ended = min(backup.ended for backup, _ in inventory.backups())
    segments = [path for paths in inventory.log(NAMES).segments.values() for path in paths]
    last = max((inventory.files[path].at for path in segments), default=ended)
    return last >= ended + wanted.rpo / 2 + SOON / 3


def _has_point(store: Store, inventory: Inventory, passphrase: Secret) -> bool:
    try:
        newest_point(store, inventory, NAMES, passphrase)
    except NoPointError:
        return False
    return True
