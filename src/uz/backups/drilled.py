"""The record of a drill: what was restored, what it was compared with, and how long all took."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from uz.backups.finding import Finding
from uz.errors import BackupError

HISTORY = "drills.jsonl"
"""The file of all drills, beside the repositories."""
LOOKS = frozenset({"compare", "check", "moment"})
"""Phases of a drill that no recovery has."""
KEPT = 500
"""Records in the history: about ten years of weekly drills."""


@dataclass(frozen=True)
class Drilled:
    """One drill. `phases` in seconds, in order; `rpo` is how many seconds of what was written the
    newest restored state lacks. `stopped` says why it came to no end, where it did not."""

    at: datetime
    repository: str = ""
    backup: str = ""
    point: str = ""
    phases: Mapping[str, float] = field(default_factory=dict)
    rpo: float | None = None
    findings: tuple[Finding, ...] = ()
    whole: bool = False
    """Whether the app was brought up on what was restored."""
    stopped: str = ""

    @property
    def ok(self) -> bool:
        """Whether something was compared, and all of it was right."""
        return not self.stopped and bool(self.findings) and all(one.held for one in self.findings)

    @property
    def seconds(self) -> float:
        """How long it took until all was there: the recovery time that was measured. What was only
        looked at does not count."""
        return sum(took for name, took in self.phases.items() if name not in LOOKS)

    @property
    def wrong(self) -> tuple[str, ...]:
        """What was not right, a line each."""
        stopped = (self.stopped,) if self.stopped else ()
        return (*stopped, *(f"{one.name}: {one.detail}" for one in self.findings if not one.held))

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(
            asdict(self) | {"ok": self.ok, "seconds": round(self.seconds, 3)},
            default=lambda value: value.isoformat(),
        )


def parse_drilled(line: str) -> Drilled:
    """Read a record. Raises BackupError where it is none."""
    try:
        found = json.loads(line)
        del found["ok"], found["seconds"]
        findings = tuple(Finding(**one) for one in found["findings"])
        return Drilled(**{**found, "at": datetime.fromisoformat(found["at"]), "findings": findings})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"a record of a drill is damaged: {error}") from error


def read_history(path: Path) -> tuple[Drilled, ...]:
    """All drills in a file, oldest first; a damaged line, as of a full disk, is left out."""
    found = []
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ()
    for line in lines[-KEPT:]:
        try:
            found.append(parse_drilled(line))
        except BackupError:
            continue
    return tuple(found)


def last_held(history: tuple[Drilled, ...]) -> Drilled | None:
    """The newest drill that held; None where none did."""
    return max((one for one in history if one.ok), key=lambda one: one.at, default=None)
