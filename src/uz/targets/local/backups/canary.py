"""The canary: a row with its time, written all the while. In a restored database it tells up to
which moment the data is there, whatever the app did meanwhile."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from uz.errors import BackupError
from uz.targets.local.backups.session import Ask

DATABASE = "uz"
"""Uz's own, beside the app's in the same cluster: both have the same log."""
KEPT = timedelta(days=15)
"""What is enough for the default of `backups.pitr`, and a day."""
AHEAD = timedelta(minutes=1)
"""Rows from further ahead were written before the clock was put back: they would look like what a
restore cannot have."""
FORM = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""
LIMITS = """\
SET synchronous_commit = local;
SET statement_timeout = '10s';
SET lock_timeout = '5s';
"""
"""A standby may be away: nothing here waits for one."""


@dataclass(frozen=True)
class Around:
    """The newest row up to a moment, and the first one after it."""

    before: datetime | None
    after: datetime | None


def write(ask: Ask, pitr: timedelta = KEPT - timedelta(days=1)) -> datetime:
    """Write a row and return its time, by the server's clock; rows that no restore to a moment of
    the last `pitr` needs go. Raises what `ask` raises."""
    kept = (pitr + timedelta(days=1)).total_seconds()
    found = ask(
        LIMITS
        + f"""\
DELETE FROM canary WHERE at < now() - interval '{kept:.0f} s'
    OR at > clock_timestamp() + interval '{AHEAD.total_seconds():.0f} s';
WITH written AS (
    INSERT INTO canary VALUES (clock_timestamp())
    ON CONFLICT (at) DO UPDATE SET at = excluded.at RETURNING at
)
SELECT {FORM.format("at")} FROM written""",
        DATABASE,
    )
    return _time(found)


def newest(ask: Ask) -> datetime | None:
    """The time of the newest row; None where there is none."""
    found = ask(f"SELECT {FORM.format('max(at)')} FROM canary", DATABASE)
    return _time(found) if found else None


def since(ask: Ask, moment: datetime) -> tuple[datetime, ...]:
    """The times of all rows from a moment on, oldest first."""
    at = f"timestamptz '{moment.astimezone(UTC).isoformat()}'"
    found = ask(f"SELECT {FORM.format('at')} FROM canary WHERE at >= {at} ORDER BY at", DATABASE)
    return tuple(_time(line) for line in found.splitlines())


def around(ask: Ask, moment: datetime) -> Around:
    """The rows next to a moment, which has to have a zone. Raises BackupError."""
    if moment.tzinfo is None:
        raise BackupError(f"{moment.isoformat()}: a time without a zone")
    at = f"timestamptz '{moment.astimezone(UTC).isoformat()}'"
    before, after = (
        ask(f"SELECT {FORM.format(f'{first}(at)')} FROM canary WHERE at {than} {at}", DATABASE)
        for first, than in (("max", "<="), ("min", ">"))
    )
    return Around(_time(before) if before else None, _time(after) if after else None)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC)
    except ValueError as error:
        raise BackupError(f"the canary of the database is damaged: {text!r}") from error
