"""One beat of shipping: a row with its time, the log cut off behind it, and archived."""

from datetime import datetime, timedelta

from uz.errors import BackupError
from uz.targets.local.backups.canary import write
from uz.targets.local.backups.session import Ask
from uz.waiting import met

CUT = "SELECT pg_walfile_name(pg_switch_wal())"
ARCHIVED = "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver"


def beat(ask: Ask, pitr: timedelta, within: float) -> datetime:
    """Return the moment up to which all of the log is in the repository now.

    `within`: seconds that archiving gets. Raises BackupError where it takes longer, or the database
    does not answer.
    """
    at = write(ask, pitr)
    segment, archived = cut(ask, within)
    if not archived:
        raise BackupError(
            f"the database does not archive its log: {segment} is not there after {within:.0f} s",
            hint="`uz logs` of the database's servers says why.",
        )
    return at


def cut(ask: Ask, within: float) -> tuple[str, bool]:
    """Begin another log file; return the name of the last one, and whether it is archived within
    these seconds."""
    segment = ask(CUT, "postgres")
    return segment, met(lambda: place(ask(ARCHIVED, "postgres")) >= place(segment), within)


def place(segment: str) -> str:
    """What WAL files are ordered by, whatever their timeline; they go on on the next one.

    The history of a timeline has no place: it comes before all.
    """
    return segment[8:24] if len(segment) >= 24 else ""
