"""Process groups, told apart from later ones of the same number."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
GRACE = 20.0
"""Seconds that a job has to end when it is told to, before it is killed."""
STATE, PARENT, GROUP, START = 0, 1, 2, 19
"""Fields of /proc/PID/stat, counted from the one after the name."""


def mark(pid: int) -> str:
    """The boot, the number and the start of the process that leads a group; empty when it is gone.

    The start is in the kernel's ticks since the boot.
    """
    fields = _stat(pid)
    return f"{BOOT.read_text().strip()} {pid} {fields[START]}" if fields else ""


def mark_of_member(pid: int) -> str:
    """The mark of the group that a process is in, whose leader may be gone; empty for no process.

    Never that of the caller's own.
    """
    fields = _stat(pid)
    number = int(fields[GROUP]) if fields else 0
    if number in {0, os.getpgrp()}:
        return ""
    return mark(number) or f"{BOOT.read_text().strip()} {number} 0"


def send(group: str, number: signal.Signals) -> bool:
    """Send a signal to a group where it is certainly the one that was marked; say whether it is."""
    if not lives(group):
        return False
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(int(group.split()[1]), number)
    return True


def lives(group: str) -> bool:
    """Whether anybody of the group that was marked still runs.

    Its leader may be gone: while one member lives the kernel gives the number to nobody else.
    """
    words = group.split()
    if len(words) != 3 or not words[1].isdecimal():
        return False
    boot, number = BOOT.read_text().strip(), int(words[1])
    if words[0] != boot or mark(number) not in {group, ""}:
        return False
    return any(state not in {"Z", "X"} for state in _members(number))


def descendants(pid: int) -> list[int]:
    """The children of a process, theirs, and so on: also those that made a group of their own."""
    children: dict[str, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields:
            children.setdefault(fields[PARENT], []).append(int(folder.name))
    found = [pid]
    for one in found:
        found += children.get(str(one), [])
    return found[1:]


def _members(number: int) -> Iterator[str]:
    """The states of a group's processes."""
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields and fields[GROUP] == str(number):
            yield fields[STATE]


def _stat(pid: int) -> list[str]:
    """What the kernel says of a process; nothing where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
