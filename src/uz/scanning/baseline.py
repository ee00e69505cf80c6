"""What looks like a secret and was accepted: each with a reason, and until a day."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from uz.errors import SpecError
from uz.scanning.patterns import Leak

FILE = ".uz-secrets-baseline.toml"
TABLE = "accepted"
KEYS = ("fingerprint", "reason", "expires")
FORM = """\
Write [[accepted]] with fingerprint = "…", reason = "…" and expires = 2030-01-31."""


@dataclass(frozen=True)
class Accepted:
    """One entry."""

    fingerprint: str
    reason: str
    expires: date
    line: int

    def covers(self, leak: Leak) -> bool:
        """Whether it speaks of this; an entry without a commit speaks of all commits."""
        place = leak.fingerprint.removeprefix(f"{leak.commit}:")
        return self.fingerprint in {leak.fingerprint, place}


@dataclass(frozen=True)
class Judged:
    """The leaks that count, and what became of the entries."""

    new: tuple[Leak, ...] = ()
    accepted: tuple[tuple[Leak, Accepted], ...] = ()
    expired: tuple[Accepted, ...] = ()
    """Entries whose day has passed: what they cover is among the new ones."""
    stale: tuple[Accepted, ...] = ()
    """Entries that cover nothing any more."""


def judge(leaks: Iterable[Leak], baseline: Iterable[Accepted], today: date) -> Judged:
    """Part what was accepted from what is new. The day that an entry names is its last."""
    found = tuple(leaks)
    valid = [one for one in baseline if today <= one.expires]
    accepted = []
    new = []
    for leak in found:
        entry = next((one for one in valid if one.covers(leak)), None)
        if entry:
            accepted.append((leak, entry))
        else:
            new.append(leak)
    covering = [one for one in baseline if any(map(one.covers, found))]
    return Judged(
        tuple(new),
        tuple(accepted),
        expired=tuple(one for one in covering if today > one.expires),
        stale=tuple(one for one in baseline if one not in covering),
    )


def load_baseline(path: Path, *, needed: bool = False) -> tuple[Accepted, ...]:
    """Read a baseline; none is there without the file, unless it is `needed`. Raises SpecError."""
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except FileNotFoundError as error:
        if not needed:
            return ()
        raise SpecError(f"{path}: not found", hint=FORM) from error
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise SpecError(f"{path}: not valid TOML: {error}", hint=FORM) from error
    unknown = [key for key in tables if key != TABLE]
    entries = tables.get(TABLE, [])
    if unknown or not isinstance(entries, list):
        line = _line(text, rf"\[*\s*{re.escape((unknown or [TABLE])[0])}\b")
        raise SpecError(f"{path}:{line}: only [[{TABLE}]] may stand here", hint=FORM)
    return tuple(_entry(path, text, number, one) for number, one in enumerate(entries))


def _entry(path: Path, text: str, number: int, entry: Any) -> Accepted:
    """One entry, checked."""
    line = _line(text, rf"\[\[\s*{TABLE}\s*\]\]", number)

    def wrong(what: str, key: str = "") -> SpecError:
        at = _line(text, rf"{re.escape(key)}\b", after=line) if key in entry else line
        return SpecError(f"{path}:{at}: {what}", hint=FORM)

    if not isinstance(entry, dict):
        raise SpecError(f"{path}:{line}: no table", hint=FORM)
    for key in entry:
        if key not in KEYS:
            raise wrong(f"unknown key {key!r}", key)
    for key in KEYS:
        if key not in entry:
            raise wrong(f"{key} is missing")
    for key in KEYS[:2]:
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise wrong(f"{key} has to be a text", key)
    expires = entry["expires"]
    if not isinstance(expires, date) or isinstance(expires, datetime):
        raise wrong("expires has to be a day such as 2030-01-31, without quotes", "expires")
    return Accepted(entry["fingerprint"], entry["reason"], expires, line)


def _line(text: str, pattern: str, number: int = 0, *, after: int = 1) -> int:
    """The line on which a pattern begins for the time of this number; the first where none does."""
    lines = [
        at
        for at, line in enumerate(text.splitlines(), 1)
        if at >= after and re.match(rf"\s*[\"']?{pattern}", line)
    ]
    return lines[number] if number < len(lines) else max(after, 1)
