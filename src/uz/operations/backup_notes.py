"""What `uz status` says of backups."""

from datetime import UTC, datetime, timedelta

from uz.operations.place import Place
from uz.targets.local.backups.inventory import disk_seen
from uz.targets.local.backups.records import Shipping, read_shipping, read_succeeded
from uz.targets.local.backups.telling import told, told_of_disk

SILENT = timedelta(minutes=1)
"""Without a word for so long, shipping does not run: it writes every five seconds."""


def backup_notes(place: Place, now: datetime | None = None) -> tuple[str, ...]:
    """A sentence for what is wrong with the backups, and one for the newest; none without any."""
    if place.spec.backups is None:
        return ()
    at = now or datetime.now(UTC)
    state, known = read_shipping(place.layout), read_succeeded(place.layout)
    if state is None or state.at is None:
        return ("backups: nothing is known yet: does shipping run? `uz logs shipping`",)
    heard = state.at
    # as it is now: on a full disk shipping writes down nothing new
    state = disk_seen(place.layout, state, place.spec.backups.reserve)
    notes = [f"backups: {told(state)}"]
    if at - heard > SILENT:
        said = f"shipping has said nothing since {heard:%F %T} UTC; does it run?"
        notes = [f"backups: {one}" for one in (said, *told_of_disk(state))]
    notes.append(_newest(state, at))
    notes += [f"not in the last backup: {line}" for line in known.notes] if known else []
    return tuple(notes)


def _newest(state: Shipping, now: datetime) -> str:
    if not state.offsite:
        return "backups: none is off-site"
    if state.published_at is None:
        return "backups: none is off-site yet"
    text = f"backups: the newest off-site is of {state.published_at:%F %T} UTC"
    if state.covered_at is None:
        return text
    lag = max(0.0, (now - state.covered_at).total_seconds())
    queue = f", {state.queue_files} files wait" if state.queue_files else ""
    return f"{text}, the database's log is {lag:.0f} s behind{queue}"
