"""Waiting until a backup is off-site."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from uz.operations.backup import Done, Progress
from uz.operations.backups_of import wanted_backups
from uz.operations.place import Place
from uz.targets.local.backups.records import (
    Shipping,
    read_shipping,
    read_succeeded,
    write_succeeded,
)
from uz.waiting import met

STILL = 60.0
"""Seconds in which something has to arrive off-site; else it is not waited for any longer."""


def await_offsite(place: Place, done: Done, progress: Progress) -> str:
    """Wait while shipping gets on; return why the backup is not off-site, or nothing when it is."""
    wanted = wanted_backups(place)
    if wanted.offsite is None:
        return "uz.toml has no backups.offsite: it is on this machine only, and lost with it"
    begun = datetime.now(UTC)
    stalled = _Stalled()

    def over() -> bool:
        state = read_shipping(place.layout)
        return _arrived(state, done.catalog) or bool(_refused(state, begun)) or stalled(state)

    progress("off-site", "waiting until all of it is there")
    met(over, wanted.timeout.total_seconds())
    state = read_shipping(place.layout)
    if _arrived(state, done.catalog):
        known = read_succeeded(place.layout)
        if known is not None and known.catalog == done.catalog:
            write_succeeded(place.layout, known.arrived())
        progress("off-site", "all of it is there")
        return ""
    why = _refused(state, begun) or "nothing arrived for a while (`uz logs shipping` says why)"
    return f"not off-site yet: {why}. It is sent as soon as that is possible"


def _arrived(state: Shipping | None, catalog: str) -> bool:
    """Whether the catalog is there, or a later one of the same repository."""
    if state is None or not state.published:
        return False
    same = state.published.split("/")[0] == catalog.split("/")[0]
    return same and state.published >= catalog


def _refused(state: Shipping | None, begun: datetime) -> str:
    """What shipping failed with since then."""
    if state is None or state.at is None or state.at < begun or not state.error:
        return ""
    return state.error


class _Stalled:
    """Says when nothing has moved for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._seen, self._since = clock, (-1, -1), clock()

    def __call__(self, state: Shipping | None) -> bool:
        now = (state.queue_files, state.offsite_bytes) if state else (-1, -1)
        if now != self._seen:
            self._seen, self._since = now, self._clock()
        return self._clock() - self._since > STILL
