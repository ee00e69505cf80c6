"""What was seen in a repository: values with their reason, and remarks where there is no value."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST = 160


@dataclass(frozen=True)
class Finding:
    """A value for a key of `uz.toml`, and the place that justifies it.

    Several findings for one key are alternatives, the best first; for a key that takes a list
    they are its entries, in order.
    """

    key: str
    value: str
    because: str
    sure: bool = True


class Topic(StrEnum):
    """What a remark is for."""

    MISSING = "not found"
    CHANGE = "to change in the app"
    LATER = "for a later version of Uz"
    REFUSED = "left out, because uz.toml cannot hold it"


@dataclass(frozen=True)
class Remark:
    """Something to say that is no value: what is missing, must change or comes later.

    `about` is the key it concerns, where there is one; `suggestion` a value that would fit once
    the remark is dealt with.
    """

    topic: Topic
    text: str
    about: str = ""
    suggestion: str = ""


Seen = Finding | Remark


@dataclass(frozen=True)
class Detection:
    """Everything that was seen in one repository."""

    findings: tuple[Finding, ...]
    remarks: tuple[Remark, ...] = ()
    unread: tuple[str, ...] = ()
    files: int = 0

    def all(self, key: str) -> tuple[Finding, ...]:
        """The findings for one key, the best first."""
        return tuple(finding for finding in self.findings if finding.key == key)

    def chosen(self, key: str) -> Finding | None:
        """The finding that counts for a key."""
        return next(iter(self.all(key)), None)

    def on(self, topic: Topic) -> tuple[Remark, ...]:
        """The remarks on one topic."""
        return tuple(remark for remark in self.remarks if remark.topic is topic)


def shown(text: str, longest: int = LONGEST) -> str:
    """Make text from a repository safe for one line of a comment or a terminal.

    Line breaks, control characters and invisible ones (escape sequences, direction overrides)
    become `?`: a file's name or content can neither end a comment nor hide what it says.
    """
    plain = "".join(c if c.isprintable() else "?" for c in " ".join(text[: 4 * longest].split()))
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


def at(path: str, line: int, excerpt: str) -> str:
    """Name a place in a file and what stands there."""
    return shown(f"{path}:{line}: {excerpt}" if line else f"{path}: {excerpt}")
