"""Whether a restored database is whole inside: its indexes, its tables, and all of its pages."""

import time
from functools import partial
from pathlib import Path

from uz import shell
from uz.backups import damage
from uz.backups.counting import pinned
from uz.backups.finding import Finding
from uz.errors import BackupError, ProgramError
from uz.targets.local.backups.contents import DATABASE
from uz.targets.local.backups.looks import SHOWN, short, tried
from uz.targets.local.backups.session import LONG, Asks

PORTION = 200
"""Indexes or tables looked at by one statement, which locks each until it ends."""


def undamaged(ask: Asks) -> tuple[Finding, ...]:
    """Look into all indexes and tables of the app's database with amcheck.

    It has to be promoted, and to be nobody else's: the extension is made there, and removed again.
    """
    try:
        ask(damage.OPEN, DATABASE)
    except BackupError as error:
        return (Finding("amcheck", False, str(error)),)
    indexes, tables = (
        tried(name, partial(_looked, ask, name, sql, heap=heap))
        for name, sql, heap in (("indexes", damage.INDEXES, False), ("tables", damage.TABLES, True))
    )
    try:
        ask(damage.CLOSE, DATABASE)
    except BackupError as error:
        return (indexes, tables, Finding("amcheck", False, f"cannot be removed again: {error}"))
    return (indexes, tables)


def checksums(data: Path, program: Path, rights: tuple[str, ...] = ()) -> Finding:
    """Read all pages of a stopped cluster and see that each has its checksum.

    `program` is pg_checksums, `rights` the words before it that give it those of the data's owner.
    """
    try:
        done = shell.run([*rights, program, "--check", "-D", data], timeout=LONG, cwd=Path("/"))
    except ProgramError as error:
        return Finding("checksums", False, str(error))
    blocks = _blocks(done.stdout)
    if not done.ok or not blocks:
        return Finding("checksums", False, done.tail(SHOWN) or "no page was read")
    return Finding("checksums", True, f"{blocks} pages have theirs", {"pages": blocks})


def _blocks(text: str) -> int:
    """How many pages it says that it read."""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "Blocks scanned" and value.strip().isdigit():
            return int(value)
    return 0


def _looked(ask: Asks, name: str, sql: str, *, heap: bool) -> Finding:
    begun = time.monotonic()
    numbers = damage.parse_numbers(ask(pinned() + sql, DATABASE))
    checked, wrong = 0, list[str]()
    for first in range(0, len(numbers), PORTION):
        some = numbers[first : first + PORTION]
        found = damage.parse_looked(
            ask(pinned() + damage.looking(some, heap=heap), DATABASE, within=LONG)
        )
        checked += found.checked
        wrong += found.damaged
    took = time.monotonic() - begun
    figures = {"checked": checked, "damaged": len(wrong), "seconds": round(took, 3)}
    detail = short(wrong) or f"{checked} are whole" if checked else "none was looked at"
    return Finding(name, checked > 0 and not wrong, detail, figures)
