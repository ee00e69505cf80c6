"""What a search found, where, and what it could not look at."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """The kind of place that something was found in."""

    FILE = "file"
    HISTORY = "history"
    ARGUMENT = "argument"
    VARIABLE = "variable"


@dataclass(frozen=True)
class Spot:
    """One place. `name` is for people; the rest is what is known of this kind of place."""

    kind: Kind
    name: str
    line: int | None = None
    pid: int | None = None
    variable: str = ""
    object: str = ""
    commit: str = ""
    """Of something in a repository: its full id, and a commit that has it."""

    def __str__(self) -> str:
        """The place, with the line where it is known."""
        return self.name if self.line is None else f"{self.name}:{self.line}"


@dataclass(frozen=True)
class Finding:
    """A secret where it must not be: its name, never its value."""

    secret: str
    form: str
    spot: Spot
    times: int = 1
    closed: bool = False
    """Whether the value was rotated, and is proven to be refused."""


@dataclass(frozen=True)
class Gap:
    """Something that could not be looked at, and why."""

    what: str
    why: str
    minor: bool = False
    """Whether a search without it still says what it is asked for."""

    def __str__(self) -> str:
        """Both in one line."""
        return f"{self.what}: {self.why}"


@dataclass(frozen=True)
class Looked:
    """The outcome of a search: no findings mean something only beside how much was looked at."""

    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    things: int = 0
    size: int = 0
    """Bytes that were looked at."""
    seconds: float = 0.0

    def __add__(self, other: "Looked") -> "Looked":
        """Both together."""
        return replace(
            self,
            findings=self.findings + other.findings,
            gaps=self.gaps + other.gaps,
            things=self.things + other.things,
            size=self.size + other.size,
            seconds=self.seconds + other.seconds,
        )
