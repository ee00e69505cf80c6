"""The audit trail: who changed what, and when. One JSON object a line, only ever appended."""

import json
import os
import pwd
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from uz.errors import MachineError


@dataclass(frozen=True)
class Entry:
    """One command that changed something."""

    time: str
    user: str
    environment: str
    command: str
    outcome: str


def who() -> str:
    """The person: the user behind sudo, where there is one.

    The own name is the kernel's word: variables such as LOGNAME say what one likes.
    """
    behind = os.environ.get("SUDO_USER")
    try:
        own = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        own = str(os.geteuid())
    return f"{behind} (as {own})" if behind else own


def record(path: Path, environment: str, command: str, outcome: str) -> None:
    """Append an entry; commands hold no secret, as secrets never are arguments.

    Raises MachineError.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry(now, who(), environment, command, outcome)
    line = json.dumps(asdict(entry)).encode() + b"\n"
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(path, flags, 0o600), "ab+", buffering=0) as file:
            file.write(line if _ends_whole(file) else b"\n" + line)
    except OSError as error:
        raise MachineError(
            f"{path}: the audit trail cannot be written: {error.strerror}"
        ) from error


def _ends_whole(file: FileIO) -> bool:
    """Whether the last line was not cut short, so that the next one does not grow onto it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 1))
    return file.read(1) in {b"", b"\n"}


def entries(path: Path) -> tuple[Entry, ...]:
    """All entries, oldest first; a line cut short by a crash is passed over."""
    if not path.exists():
        return ()
    found = []
    for line in path.read_text(errors="replace").splitlines():
        try:
            found.append(Entry(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return tuple(found)
