"""What looks like a secret, by the rules of gitleaks (or betterleaks, which takes the same words).

The project's own settings for it do not count: what is accepted needs a reason and a date, and is
in the baseline. So does no comment in a line.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uz.errors import ProgramError
from uz.scanning.finding import Gap
from uz.scanning.git import surroundings
from uz.shell import run

FOUND = 42
"""The exit code asked for where something is found: 1 is also that of a failure."""
LONGEST = 3600.0
"""Seconds."""
OPTIONS = (
    "--redact=100", "--no-banner", "--no-color", "--log-level=error", "--ignore-gitleaks-allow",
    f"--exit-code={FOUND}", "--report-format=json", "--report-path=-",
)  # fmt: skip
RULES = "[extend]\nuseDefault = true\n"
IGNORING = (".gitleaksignore", ".betterleaksignore")


@dataclass(frozen=True)
class Leak:
    """A place that looks like a secret; the value is not known here."""

    rule: str
    what: str
    file: str
    line: int
    commit: str
    """Empty where it lies in the work tree."""
    fingerprint: str

    def __str__(self) -> str:
        """The place."""
        place = f"{self.file}:{self.line}"
        return f"{place} in {self.commit[:12]}" if self.commit else place


def leaks_in_folder(program: Path, folder: Path, rights: Sequence[str] = ()) -> tuple[Leak, ...]:
    """What lies in a folder. Raises ProgramError where the scanner does not come to its end."""
    return _leaks(program, "dir", folder, rights)


def leaks_in_history(program: Path, folder: Path, rights: Sequence[str] = ()) -> tuple[Leak, ...]:
    """What the commits of a repository added. Raises ProgramError."""
    return _leaks(program, "git", folder, rights)


def hidden(folder: Path) -> tuple[Gap, ...]:
    """Files by which the scanner is told to be silent, and which it cannot be kept from reading."""
    return tuple(
        Gap(name, "hides findings without a reason and a date: they belong into the baseline")
        for name in IGNORING
        if (folder / name).is_file()
    )


def _leaks(program: Path, what: str, folder: Path, rights: Sequence[str]) -> tuple[Leak, ...]:
    """The report comes through a pipe: it is never on a disk."""
    done = run(
        [*rights, program, what, *OPTIONS, "."],
        timeout=LONGEST,
        cwd=folder,
        environment=surroundings() | {"GITLEAKS_CONFIG_TOML": RULES} | _trusted(folder, rights),
    )
    try:
        if done.code not in {0, FOUND} or done.stderr.strip():  # it calls no git at all "clean"
            raise ValueError(f"exit code {done.code}")
        found = json.loads(done.stdout)
        if not isinstance(found, list) or bool(found) != (done.code == FOUND):
            raise ValueError(f"exit code {done.code} and a report that does not fit it")
        return tuple(sorted(map(_leak, found), key=lambda leak: leak.fingerprint))
    except (ValueError, KeyError, TypeError) as error:
        raise ProgramError(
            f"{program.name} {what} in {folder} gave no report ({error}): {done.tail(6)}",
            hint="Nothing is known of this folder until it does.",
        ) from error


def _leak(one: Any) -> Leak:
    return Leak(
        rule=str(one["RuleID"]),
        what=str(one["Description"]),
        file=str(one["File"]),
        line=int(one["StartLine"]),
        commit=str(one["Commit"]),
        fingerprint=str(one["Fingerprint"]),
    )


def _trusted(folder: Path, rights: Sequence[str]) -> dict[str, str]:
    """Let git work in a folder that belongs to who runs it, though its parts may be others'."""
    if not rights and folder.stat().st_uid != os.geteuid():
        return {}
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
