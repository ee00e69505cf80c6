"""The audit trail: who changed what, and when. One JSON object a line, only ever appended."""

import getpass
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One command that changed something."""

    time: str
    user: str
    environment: str
    command: str
    outcome: str


def who() -> str:
    """The person: the user behind sudo, where there is one."""
    behind = os.environ.get("SUDO_USER")
    try:
        own = getpass.getuser()
    except (KeyError, OSError):
        own = str(os.geteuid())
    return f"{behind} (as {own})" if behind else own


def record(path: Path, environment: str, command: str, outcome: str) -> None:
    """Append an entry; commands hold no secret, as secrets never are arguments."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry(now, who(), environment, command, outcome)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "a") as file:
        file.write(json.dumps(asdict(entry)) + "\n")


def entries(path: Path) -> tuple[Entry, ...]:
    """All entries, oldest first; a line cut short by a crash is passed over."""
    if not path.exists():
        return ()
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(Entry(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return tuple(found)
