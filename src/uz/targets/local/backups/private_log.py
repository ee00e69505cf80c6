"""What a private server prints, read: where its recovery stopped, and why it ended."""

import re
from collections.abc import Sequence

from uz.backups.target import Target
from uz.errors import BackupError, MachineError, UzError

STOPPING = "LOG:  recovery stopping "
PROMOTED = "LOG:  database system is ready to accept connections"
EARLY = "recovery ended before configured recovery target was reached"
TOO_SOON = "requested recovery stop point is before consistent recovery point"
LAST = re.compile(r"LOG:  last completed transaction was at log time (.+)")
FULL = "No space left on device"
LEAST = 32 * 2**20
"""Bytes. With less a log file or two do not fit, and what fetches them names no reason."""
SHOWN = 6


class EndedEarlyError(BackupError):
    """The log ended before the target. `reached`: of when its last change is; empty if unknown."""

    def __init__(self, message: str, *, hint: str = "", reached: str = "") -> None:
        """Keep how far the recovery came."""
        super().__init__(message, hint=hint)
        self.reached = reached


def last_change(said: Sequence[str]) -> str:
    """Of when the last change was that was recovered, as the server tells it."""
    found = [match[1] for line in said if (match := LAST.search(line))]
    return found[-1] if found else ""


def ended_early(said: Sequence[str], target: Target, hint: str, room: int | None = None) -> UzError:
    """The error of a server that ended before it got anywhere."""
    text = "\n".join(said)
    reached = last_change(said)
    if EARLY in text:
        until = f": its last change is of {reached}" if reached else ""
        return EndedEarlyError(
            f"{target} is not in the log{until}",
            hint="An earlier moment can be restored, or `--to latest`.",
            reached=reached,
        )
    if TOO_SOON in text:
        return BackupError(
            f"{target} is before the end of the backup that it was to be restored from",
            hint="A moment a few seconds later can be restored, or one before by another backup.",
        )
    return died(said, hint, room)


def died(said: Sequence[str], hint: str, room: int | None = None) -> UzError:
    """The error of a server that ended in any other way. `room`: bytes that the disk had then."""
    if any(FULL in line for line in said) or (room is not None and room < LEAST):
        return MachineError(
            f"the disk is full: {why_it_ended(said)}",
            hint="Free some space and run the command again.",
        )
    return BackupError(why_it_ended(said), hint=hint)


def why_it_ended(said: Sequence[str]) -> str:
    """What a server that ended has printed last, what went wrong first."""
    grave = [line for line in said if re.match(r"(FATAL|PANIC|ERROR|.*: error)", line)]
    last = grave[-SHOWN:] or [line for line in said if line][-SHOWN:]
    return "the restored database does not come up:" + "".join(f"\n    {line}" for line in last)
