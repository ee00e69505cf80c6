"""The drills of before: kept in a file, and told by `uz status`."""

from datetime import UTC, datetime

from uz.backups.drilled import HISTORY, KEPT, Drilled, read_history
from uz.targets.local.folders import write
from uz.targets.local.layout import Layout

SHOWN = 5
"""Drills before the last one that the trend is told of."""


def history(layout: Layout) -> tuple[Drilled, ...]:
    """All drills that are remembered, oldest first."""
    return read_history(layout.repositories / HISTORY)


def remember(layout: Layout, done: Drilled) -> None:
    """Add a drill to the history. Raises MachineError."""
    lines = [one.line() for one in (*history(layout), done)][-KEPT:]
    write(layout.repositories / HISTORY, "\n".join(lines) + "\n", 0o600)


def drill_notes(layout: Layout, now: datetime | None = None) -> tuple[str, ...]:
    """What `uz status` says of drills: the last one, and how they went before."""
    known = history(layout)
    if not known:
        return ()
    last, at = known[-1], now or datetime.now(UTC)
    days = (at - last.at).days
    when = "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"
    if not last.ok:
        return (f"the drill of {when} did not hold: {last.wrong[0] if last.wrong else 'no data'}",)
    lost = "" if last.rpo is None else f", {last.rpo:g} s of changes would have been lost"
    recent = known[-SHOWN - 1 : -1]
    before = ", ".join(f"{one.seconds:.0f} s" if one.ok else "failed" for one in recent)
    trend = f" (before: {before})" if before else ""
    return (f"drill {when}: all came back in {last.seconds:.0f} s{trend}{lost}",)
