"""How much of the log a target needs, and what is missing of it."""

from datetime import UTC, datetime

from uz.backups.backup import Backup
from uz.backups.inventory import Inventory, Log
from uz.backups.target import Aim, Target, told
from uz.backups.wal import first_missing, name_of, number_of, timeline_of
from uz.errors import BackupError

SPARE = 2
"""Log files beyond the one that was stored after the moment: the last change before it may be
followed by nothing for a while, and a recovery stops only at a change that is later."""


class MissingLogError(BackupError):
    """A file of the log is missing between others. `after`: when the next one came."""

    def __init__(self, message: str, *, hint: str, after: datetime) -> None:
        """Keep when the file behind the gap came: it may only have been faster than this one."""
        super().__init__(message, hint=hint)
        self.after = after


def last_needed(
    inventory: Inventory, log: Log, backup: Backup, target: Target, *, everything: bool = False
) -> int:
    """The place of the last log file that is needed, or of the last before a gap for `everything`.

    Raises MissingLogError where one is missing that is needed, BackupError where the target is
    after the last.
    """
    first, whole = number_of(backup.first_wal), number_of(backup.last_wal)
    if target.aim is Aim.BACKUP:
        return whole
    end = max(log.segments)
    gap = first_missing(log.segments, first, end)
    if target.at is None:
        if gap is not None:
            raise _missing(inventory, log, backup, gap, target)
        return end
    sound = end if gap is None else gap - 1
    later = [one for one in range(whole, sound + 1) if stored(inventory, log, one) > target.at]
    if later:
        return sound if everything else min(later[0] + SPARE, sound)
    if gap is not None:
        raise _missing(inventory, log, backup, gap, target)
    last = max(stored(inventory, log, end), backup.ended)
    if target.at <= backup.ended:
        return sound
    raise BackupError(
        f"{told(target.at)} is after the last of the log, which is of {told(last)}",
        hint="`--to latest` restores all there is; what came later is not archived yet.",
    )


def _missing(
    inventory: Inventory, log: Log, backup: Backup, gap: int, target: Target
) -> MissingLogError:
    before = max(log.segments[gap - 1])
    timeline = timeline_of(backup.first_wal)
    until = max(stored(inventory, log, gap - 1), backup.ended)
    behind = min(one for one in log.segments if one > gap)
    moment = until.astimezone(UTC)
    name = name_of(timeline, gap)
    return MissingLogError(
        f"log file {name} is missing, {before.rsplit('/', 1)[-1][:24]} is the last before it:"
        f" {target} cannot be reached",
        hint=f"What was written until {told(until)} can be restored: --to"
        f" {moment:%Y-%m-%dT%H:%M:%SZ}, or a few seconds earlier.",
        after=stored(inventory, log, behind),
    )


def stored(inventory: Inventory, log: Log, number: int) -> datetime:
    """When a place of the log was last stored: what it holds is not later."""
    return max(inventory.files[path].at for path in log.segments[number])
