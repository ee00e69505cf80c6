"""pgBackRest's errors, made short: what it said, where, and what to do."""

import re
import shutil
from pathlib import Path

from uz.errors import BackupError, BusyError, MachineError, UzError

LOCKED = 50
UNREACHED = 56
UNARCHIVED = 82
CRYPTO, FORMAT = 29, "key/value found outside of section"
OTHER = frozenset({28, 51})
DISK = frozenset({38, 41, 43, 44, 47, 48, 49, 53, 54, 62, 64})
"""Opening, making, renaming, syncing and writing files and folders (its `error.auto.c`)."""
WRITE = 64
ROOM = 32 * 2**20
"""Bytes. Less than this free, a file that could not be written to the end had no room: pgBackRest
then names no reason, or an older one, and has removed the half that it wrote."""


def fail(command: str, code: int, said: str, place: Path) -> UzError:
    """The error for a command that ended with this code; `place` is where it wrote."""
    what = short(said) or f"pgbackrest {command} ended with {code}"
    if code == LOCKED:
        return BusyError(
            f"{place}: another backup, or one that was begun, holds the repository",
            hint="Wait until it is done: `uz jobs` says what runs.",
        )
    if "[28]" in said or (code == WRITE and _full(place)):
        return MachineError(
            f"{place}: the disk is full: {what}", hint="Free some space; run again."
        )
    if code in OTHER:
        return BackupError(
            f"{place}: holds the backups of another database: {what}",
            hint="`uz up` begins a new repository for this one; the old one stays.",
        )
    if code == CRYPTO or FORMAT in said or "CryptoError" in said:
        return BackupError(
            f"{place}: cannot be read with this passphrase, or is damaged: {_clean(what)}",
            hint="The passphrase is in the recovery kit that was written with these backups.",
        )
    if code == UNARCHIVED:
        return BackupError(
            f"the log of the database is not archived: {what}",
            hint="The log of the primary says why: `uz logs` shows it.",
        )
    if code == UNREACHED:
        return BackupError(
            f"the database cannot be asked: {what}", hint="`uz status` says how the servers are."
        )
    if code in DISK:
        return MachineError(f"{place}: {what}", hint="Look at this path and who may write there.")
    return BackupError(f"{place}: pgbackrest {command}: {what}")


def short(said: str) -> str:
    """The first line of an error, without its number, and the reason below it, if there is one."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    first = next((one for one in lines if one.startswith("ERROR: ")), "")
    text = re.sub(r"^ERROR: \[\d+\]: (?:raised from [\w-]+ protocol: )?", "", first)
    below = lines[lines.index(first) + 1 :][:1] if first.endswith(":") else []
    return _clean(" ".join([text, *below]))


def _clean(text: str) -> str:
    """What was decrypted with a wrong key is no text: it ends where that begins."""
    shown = re.split(r"[^\x20-\x7e]", text.partition(f"{FORMAT} at")[0])[0]
    return shown.strip(" :\"'")[:300]


def _full(place: Path) -> bool:
    there = next(one for one in (place, *place.parents) if one.exists())
    return shutil.disk_usage(there).free < ROOM
