"""Having all that was written until now in the repository, and not only when a log file is full."""

from uz.backups.wal import is_segment, number_of
from uz.errors import BackupError
from uz.targets.local.backups.session import Session
from uz.waiting import met

WITHIN = 60.0
"""Seconds until what was written last has to be archived."""
LAST = "SELECT pg_walfile_name(pg_current_wal_insert_lsn()) FROM pg_current_xact_id()"
"""It is a change itself: a recovery to the moment before stops at the first one that is later."""
ARCHIVED = "SELECT coalesce(max(last_archived_wal), '') FROM pg_stat_archiver"


def archive_now(session: Session, within: float = WITHIN) -> None:
    """Begin another log file, and wait until the last one is archived.

    Raises BackupError where it is not in time.
    """
    last = session.ask(LAST, "postgres")
    session.ask("SELECT pg_switch_wal()", "postgres")

    def there() -> bool:
        name = session.ask(ARCHIVED, "postgres")
        return is_segment(name) and number_of(name) >= number_of(last)

    if not met(there, within):
        raise BackupError(
            f"log file {last} was not archived within {within:g} s: what was written last would be"
            " missing",
            hint="`uz status` and `uz logs database-1` say why it is not archived.",
        )
