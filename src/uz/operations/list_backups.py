"""What backups there are, on this machine and off-site, and what can be restored from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from uz.backups.backup import Backup
from uz.backups.inventory import Inventory, Naming, inventories
from uz.backups.wal import first_missing, name_of, number_of, timeline_of
from uz.errors import UzError
from uz.operations.backups_of import engine_for, store_for, wanted_backups
from uz.operations.place import Place
from uz.targets.local.backups.inventory import repositories
from uz.targets.local.backups.records import read_shipping
from uz.targets.local.backups.sources import OnMachine

SHOWN = 20
"""Overwritten objects that are named."""


@dataclass(frozen=True)
class Listed:
    """One backup. `here` and `offsite`: where all its own files are named."""

    repository: str
    backup: Backup
    here: bool
    offsite: bool


@dataclass(frozen=True)
class Span:
    """The moments of one repository that can be restored; `missing` is the log file after which
    there is a hole."""

    repository: str
    offsite: bool
    begins: datetime
    ends: datetime
    missing: str = ""


@dataclass(frozen=True)
class Listing:
    """All of it; `trouble` says why something could not be looked at."""

    backups: tuple[Listed, ...] = ()
    spans: tuple[Span, ...] = ()
    overwritten: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    trouble: str = ""
    unprotected: tuple[str, ...] = ()
    """What the off-site bucket lacks that would protect what is in it, as shipping saw it last."""


def list_backups(place: Place) -> Listing:
    """Look here and off-site; a store that does not answer is told. Raises UzError."""
    wanted = wanted_backups(place)
    naming = engine_for(place, repositories(place.layout)[-1])
    here = OnMachine(place.layout.repositories, lambda one: engine_for(place, one)).found()
    away: tuple[Inventory, ...] = ()
    overwritten: tuple[str, ...] = ()
    trouble = ""
    if wanted.offsite is not None:
        try:
            store = store_for(place)
            overwritten = tuple(key for key, one in store.list().items() if one.overwritten)
            away = inventories(store)
        except UzError as error:
            trouble = str(error)
    found = listing(here, away, naming, overwritten, trouble)
    state = read_shipping(place.layout)
    return replace(found, unprotected=state.unprotected if state else ())


def listing(
    here: Sequence[Inventory],
    away: Sequence[Inventory],
    naming: Naming,
    overwritten: Sequence[str] = (),
    trouble: str = "",
) -> Listing:
    """Put together what was found in both places; the oldest backup first."""
    known = {(one.repository, backup.label): backup for one in (*away, *here)
             for backup, _ in one.backups()}  # fmt: skip
    places = [
        {(one.repository, backup.label) for one in side for backup, _ in one.backups()}
        for side in (here, away)
    ]
    rows = [
        Listed(key[0], backup, key in places[0], key in places[1]) for key, backup in known.items()
    ]
    spans = [*_spans(away, naming, offsite=True), *_spans(here, naming, offsite=False)]
    damaged = [f"{one.repository}: {line}" for one in (*away, *here) for line in one.damaged]
    return Listing(
        tuple(sorted(rows, key=lambda one: (one.backup.ended, one.backup.label))),
        tuple(spans),
        tuple(sorted(overwritten)[:SHOWN]),
        tuple(damaged),
        trouble,
    )


def _spans(found: Iterable[Inventory], naming: Naming, *, offsite: bool) -> Iterable[Span]:
    """For each backup up to where the log goes on from it; those that run into one are one."""
    for inventory in found:
        log = inventory.log(naming)
        spans: list[Span] = []
        for backup, _ in reversed(inventory.backups()):
            first, end = number_of(backup.first_wal), max(log.segments, default=-1)
            hole = first_missing(log.segments, first, max(end, number_of(backup.last_wal)))
            last = end if hole is None else hole - 1
            if last < number_of(backup.last_wal):
                continue
            stored = max(inventory.files[path].at for path in log.segments[last])
            missing = "" if hole is None else name_of(timeline_of(backup.last_wal), hole)
            ends = max(stored, backup.ended)
            if spans and spans[-1].missing == missing:
                continue
            spans.append(Span(inventory.repository, offsite, backup.ended, ends, missing))
        yield from spans
