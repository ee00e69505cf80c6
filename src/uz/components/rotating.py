"""What texts with secrets hold while a password is rotated: servers accept the old and the new one.

The record of a rotation decides all of it, so that each step is one write to the manager.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from uz.components.database.roles import BRIDGE, ROLES
from uz.components.redis import PASSWORDS as REDIS
from uz.secret import Secret

RECORDS = "rotation/"
"""Below it, in the manager, is the record of each rotation that is not over."""
ALSO = "also/"
"""Below it are further passwords of a Redis user, as its access list writes them."""
APP_USER = "database/app-user"
"""The role that the app logs in as: `app`, but for a part of the rotation of its password."""
BRIDGE_PASSWORD = "database/app-next"
LOGINS = "database/logins"
"""The roles that the setup of the database gives a password, and lets in."""
NO_PASSWORD = "-"


class Phase(StrEnum):
    """How far a rotation is."""

    ACCEPT = "accept"
    """Servers accept both; readers still have the old one."""
    BRIDGE = "bridge"
    """The app logs in as another role, by the new one, so that its own role can change."""
    READERS = "readers"
    """Readers get the new one; servers that can have several passwords accept both."""
    CLOSE = "close"
    """Servers accept the new one only."""


@dataclass(frozen=True)
class Record:
    """One rotation that is not over. While it exists it says what the password is."""

    old: Secret
    new: Secret
    phase: Phase

    @property
    def current(self) -> Secret:
        """What readers are to have."""
        return self.old if self.phase is Phase.ACCEPT else self.new

    def text(self) -> Secret:
        """As it is kept in the manager."""
        form = {"old": self.old.reveal().decode(), "new": self.new.reveal().decode()}
        return Secret(json.dumps({"phase": self.phase, **form}).encode())

    def at(self, phase: Phase) -> "Record":
        """The same rotation, further on."""
        return replace(self, phase=phase)


def parsed(text: Secret) -> Record:
    """The record in a text. Raises ValueError that shows no value."""
    try:
        form = json.loads(text.reveal())
        old, new = (Secret(form[key].encode()) for key in ("old", "new"))
        return Record(old, new, Phase(form["phase"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError("is no record of a rotation") from None  # the error holds the text


def phases(name: str) -> tuple[Phase, ...]:
    """The steps by which a password that servers know is changed; none for other secrets."""
    if name.startswith("redis/"):
        return Phase.ACCEPT, Phase.READERS, Phase.CLOSE
    if name == "database/app":
        return Phase.ACCEPT, Phase.BRIDGE, Phase.READERS, Phase.CLOSE
    return (Phase.READERS,) if name.startswith("database/") else ()


def derived(name: str) -> bool:
    """Whether a name in a text with secrets stands for something that is worked out here."""
    return name in {APP_USER, BRIDGE_PASSWORD, LOGINS} or name.startswith(ALSO)


def values(records: Mapping[str, Record]) -> dict[str, Secret]:
    """What the derived names stand for, by the rotations that are not over."""
    app = records.get("database/app")
    phase = app.phase if app else None
    bridged = phase in {Phase.ACCEPT, Phase.BRIDGE, Phase.READERS}
    logins = [role for role in ROLES if role != "app" or phase is not Phase.BRIDGE]
    found = {
        APP_USER: BRIDGE if phase is Phase.BRIDGE else "app",
        LOGINS: " ".join([*logins, *([BRIDGE] if bridged else [])]),
        BRIDGE_PASSWORD: app.new.reveal().decode() if app and bridged else NO_PASSWORD,
    }
    also = {f"{ALSO}{name}": _also(records.get(name)) for name in REDIS}
    return {name: Secret(text.encode()) for name, text in (found | also).items()}


def _also(record: Record | None) -> str:
    """One more password of a Redis user, while there is one."""
    if record is None or record.phase not in {Phase.ACCEPT, Phase.READERS}:
        return ""
    other = record.new if record.phase is Phase.ACCEPT else record.old
    return f" >{other.reveal().decode()}"
