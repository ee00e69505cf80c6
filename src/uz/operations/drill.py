"""`uz drill`: restore what is off-site into a private place, compare, and remove it again.

Of the running environment it uses nothing but what would be left without the machine: the code, the
off-site store, and what the recovery kit has.
"""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from uz.backups import PASSPHRASE
from uz.backups.drilled import Drilled
from uz.backups.finding import Finding
from uz.backups.inventory import Inventory, inventories
from uz.backups.store import Store
from uz.backups.target import LATEST, to_time
from uz.errors import (
    BackupError,
    SecretError,
    StoreError,
    StoreRefusedError,
    StoreUnreachableError,
    UnhealthyError,
    UzError,
)
from uz.operations.backups_of import store_for, wanted_backups
from uz.operations.drill_choice import SOON, DrillChoice, complete, drill_choice, went_on
from uz.operations.drill_place import (
    SCRATCH,
    drill_kit,
    drill_place,
    drills_held,
    removed_afterwards,
)
from uz.operations.looking import Looking, structure
from uz.operations.place import Place
from uz.operations.remaking import Remake, add, remake, timed
from uz.operations.smoke import smoked
from uz.operations.workshop import workshop
from uz.secret import Secret
from uz.spec import Backups
from uz.targets.local.backups.checking import as_then, canaried
from uz.targets.local.backups.primary import primary_session
from uz.targets.local.backups.records import read_succeeded
from uz.targets.local.backups.restoring import planned, restored
from uz.targets.local.backups.sources import OffSite
from uz.targets.local.one_run import Origin
from uz.waiting import met

Progress = Callable[[str, str], None]

PUNCTUAL = timedelta(seconds=5)
"""How much later than it is due a canary may be that counts as in its time."""


@dataclass
class Drill:
    """One drill as it goes on: what it found until it was stopped is kept."""

    place: Place
    store: Store
    passphrase: Secret
    progress: Progress
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    phases: dict[str, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    looking: Looking | None = None
    repository: str = ""

    def found(self, one: Finding) -> None:
        """Keep and tell what was found."""
        self.findings.append(one)
        self.progress(one.name, one.detail if one.held else f"WRONG: {one.detail}")


def drill(place: Place, progress: Progress, *, whole: bool = True) -> Drilled:
    """Try a restore. What goes wrong with it is in the result; nothing of it is left.

    `whole`: bring the app up on what was restored. Raises UzError where it cannot be tried at all.
    """
    wanted_backups(place)
    passphrase = place.environment.secret(PASSPHRASE)
    one = Drill(place, store_for(place), passphrase, progress)
    _refuse_unbegun(one)
    stopped = ""
    try:
        with drills_held(place):
            _run(one, whole=whole)
    except (StoreUnreachableError, StoreRefusedError):
        raise
    except (BackupError, StoreError, SecretError, UnhealthyError) as error:
        stopped = str(error)
        progress("stopped", stopped)
    looking = one.looking
    return Drilled(
        one.at,
        one.repository,
        looking.backup if looking else "",
        looking.point.name if looking else "",
        {name: round(seconds, 3) for name, seconds in one.phases.items()},
        looking.rpo if looking else None,
        tuple(one.findings),
        whole,
        stopped,
    )


def _refuse_unbegun(one: Drill) -> None:
    """Where nothing was ever backed up, that none comes back is no finding."""
    if read_succeeded(one.place.layout) is not None:
        return
    if not any("/catalogs/" in key for key in one.store.list()):
        raise UzError(
            "nothing was backed up yet, so there is nothing to restore",
            hint="The first backup comes by itself after `uz up`, and then a drill: `uz jobs` says"
            " how they go.",
        )


def _run(one: Drill, *, whole: bool) -> None:
    place, wanted = one.place, wanted_backups(one.place)
    if place.spec.database is None:
        if not whole:
            raise BackupError(
                "there is no database to compare", hint="`uz drill` tries all the rest."
            )
        _whole(one, None)
        return
    shop = workshop(place, one.passphrase)
    with timed(one.phases, "plan"):
        choice = drill_choice(one.store, shop, wanted, one.passphrase)
    one.repository = choice.plan.repository
    one.found(choice.newest)
    one.looking = Looking(wanted, choice.point, choice.listed_at, one.phases, one.found)
    if whole:
        _whole(one, choice)
    else:
        _database(one, choice)
    wrong = any(not found.held for found in one.findings)
    if one.looking.canaries and not wrong:  # a second restore would say no more
        _moment(one, choice.inventory, one.looking.canaries)


def _database(one: Drill, choice: DrillChoice) -> None:
    """Restore the database alone, and look at it."""
    assert one.looking is not None
    shop, source = workshop(one.place, one.passphrase), OffSite(one.store)
    scratch = one.place.layout.root / SCRATCH
    with restored(
        shop, source, choice.plan, scratch, until=choice.first, progress=one.progress
    ) as made:  # fmt: skip
        one.looking.look(made.server, made.plan)
    add(one.phases, made.seconds)


def _whole(one: Drill, choice: DrillChoice | None) -> None:
    """Make the whole environment again beside, and see whether the app serves on it."""
    place = one.place
    with (
        drill_place(place, one.progress) as beside,
        removed_afterwards(beside, one.progress),
    ):
        what = Remake(
            place=beside,
            store=one.store,
            passphrase=one.passphrase,
            kit=drill_kit(place, beside, one.passphrase),
            target=LATEST,
            chosen=choice.plan if choice else None,
            first=choice.first if choice else None,
            inspect=one.looking.look if one.looking else lambda _server, _plan: None,
            found=one.found,
            origin=Origin(place.layout, place.spec, secrets=False),
            phases=one.phases,
        )
        remake(what, lambda name, said: one.progress("drill", f"{name} {said}"))
        one.found(_at_head(one, beside))
        with timed(one.phases, "smoke"):
            for finding in smoked(beside.environment, wanted_backups(place).smoke):
                one.found(finding)


def _at_head(one: Drill, beside: Place) -> Finding:
    """Whether the release's migrations had anything to do: the backup is behind the app then."""
    if one.looking is None or beside.spec.database is None:
        return Finding("migrations", True, "there is no database")
    after = structure(primary_session(beside.environment).ask)
    before = one.looking.structure
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        detail = (
            f"`uz up` with the release's migration changed {changed[0]}{more}: the backup was"
            " behind it, or somebody made that by hand"
        )
        return Finding("migrations", False, detail, {"changed": len(changed)})
    return Finding("migrations", True, f"at head: {len(after)} definitions, none changed")


def _moment(one: Drill, inventory: Inventory, canaries: tuple[datetime, ...]) -> None:
    """Restore once more, to a random moment of the window, and look which changes are there."""
    wanted = wanted_backups(one.place)
    beats = _beats(inventory, canaries, wanted)
    row: datetime | None = None
    if beats:
        row, after = random.SystemRandom().choice(beats)
        moment = row + (after - row) * random.SystemRandom().uniform(0.1, 0.9)
    elif first := _first_moment(one, wanted):
        moment = first
    else:
        one.found(
            Finding("moment", False, "no change is off-site that is later than the first backup")
        )
        return
    shop, source = workshop(one.place, one.passphrase), OffSite(one.store)
    with timed(one.phases, "moment"):
        chosen = planned(shop, source, to_time(moment))
        with restored(shop, source, chosen, one.place.layout.root / SCRATCH) as made:
            ask = made.server.ask
            one.found(as_then(ask, moment, row) if row else canaried(ask, moment, wanted.rpo / 2))


def _beats(
    inventory: Inventory, canaries: tuple[datetime, ...], wanted: Backups
) -> list[tuple[datetime, datetime]]:
    """Canaries with the next one, behind the first backup. Where the beat paused, as while the
    environment was down, nothing can be said of a moment in between."""
    first = min(backup.ended for backup, _ in inventory.backups())
    longest = wanted.rpo / 2 + PUNCTUAL
    pairs = itertools.pairwise(canaries)
    return [(one, after) for one, after in pairs if first <= one and after - one <= longest]


def _first_moment(one: Drill, wanted: Backups) -> datetime | None:
    """The first moment that can be tried, where the first backup was taken just now: as soon as
    something that was written later is there. None where nothing comes."""
    found: list[Inventory] = []

    def there() -> bool:
        found[:] = [complete(inventories(one.store))]
        return went_on(found[0], wanted)

    if not met(there, (wanted.rpo + SOON).total_seconds()):
        return None
    return min(backup.ended for backup, _ in found[0].backups()) + timedelta(seconds=1)
