"""What all looks at a restored database share: an error is a finding, and lists stay short."""

from collections.abc import Callable, Iterable

from uz.backups.finding import Finding
from uz.errors import BackupError

SHOWN = 5
"""Lines of what is wrong that a finding has; the rest is counted."""


def tried(name: str, look: Callable[[], Finding]) -> Finding:
    """Look; where that fails, what was looked for does not hold, with the reason."""
    try:
        return look()
    except BackupError as error:
        return Finding(name, False, str(error))


def short(lines: Iterable[str]) -> str:
    """The first of these on one line, and how many more there are."""
    found = list(lines)
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more
