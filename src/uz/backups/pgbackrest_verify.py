"""What is wrong with a pgBackRest repository: what `verify` prints, and what it passes over."""

import re
from collections.abc import Callable

from uz.backups.pgbackrest_files import STANZA
from uz.errors import BackupError

STATUS = re.compile(r"status: (ok|error)")
UNUSABLE = re.compile(r"No usable (.+) file")
ARCHIVE = re.compile(r"archiveId: [0-9.]+-\d+, total WAL checked: (\d+), total valid WAL: (\d+)")
BACKUP = re.compile(
    r"backup: (\S+), status: ([a-z -]+), total files checked: (\d+), total valid files: (\d+)"
)
COUNTS = re.compile(r"(?:(?:missing|checksum invalid|size invalid|other): \d+(?:, |$))+")
NOTHING = re.compile(
    r"stanza: \S+|(?:archiveId|backup): none found|no archives or backups exist in the repo"
)


def parse_verify(text: str, labels: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What the output of `verify --output=text --verbose` says is wrong, a line each; that it says
    nothing of one of these backups is wrong, too.

    Raises BackupError where a line of it is not understood: then nothing was verified.
    """
    found: list[str] = []
    said: set[str] = set()
    status = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if match := STATUS.fullmatch(line):
            status = match[1]
        elif match := UNUSABLE.fullmatch(line):
            found.append(f"no usable {match[1]}: damaged, or the passphrase is wrong")
        elif match := ARCHIVE.fullmatch(line):
            found += _damaged("log", int(match[1]), int(match[2]))
        elif match := BACKUP.fullmatch(line):
            said.add(match[1])
            found += _backup(match)
        elif COUNTS.fullmatch(line):
            found[-1:] = [one + _reasons(line) for one in found[-1:]]
        elif not NOTHING.fullmatch(line):
            raise _not_understood(line)
    if not status:
        raise _not_understood(text.strip()[:100] or "nothing")
    found += [f"{one}: was not verified" for one in labels if one not in said]
    return tuple(found or (["verify found errors"] if status == "error" else []))


def _backup(match: re.Match[str]) -> list[str]:
    label, status, checked, valid = match[1], match[2], int(match[3]), int(match[4])
    if status == "in-progress":
        return []
    if status == "valid" and checked:
        return _damaged(label, checked, valid)
    return _damaged(label, checked, valid) or [f"{label}: {status}, with {checked} files checked"]


def _damaged(what: str, checked: int, valid: int) -> list[str]:
    return [f"{what}: {checked - valid} of {checked} files damaged"] if checked != valid else []


def _reasons(line: str) -> str:
    counts = [one for one in line.split(", ") if not one.endswith(": 0")]
    return f" ({', '.join(counts)})" if counts else ""


def differing(
    content: Callable[[str], str | None], labels: tuple[str, ...], paths: tuple[str, ...]
) -> tuple[str, ...]:
    """The files that are there twice and not the same: one is damaged, and the other is used."""
    twice = [f"backup/{STANZA}/{label}/backup.manifest" for label in labels]
    twice += [f"backup/{STANZA}/backup.info", f"archive/{STANZA}/archive.info"]
    there = set(paths)
    return tuple(
        f"{path}: damaged, it or its copy"
        for path in twice
        if {path, f"{path}.copy"} <= there and content(path) != content(f"{path}.copy")
    )


def _not_understood(line: str) -> BackupError:
    return BackupError(
        f"what pgbackrest verify says cannot be understood: {line!r}",
        hint="Nothing was verified. `uz doctor` says which versions were tried.",
    )
