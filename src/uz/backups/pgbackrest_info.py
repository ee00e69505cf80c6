"""What `pgbackrest info --output=json` says of a repository."""

import json
from datetime import UTC, datetime
from typing import Any

from uz.backups.backup import Backup, BackupKind
from uz.backups.pgbackrest_errors import FORMAT, short
from uz.errors import BackupError

KINDS = {
    "full": BackupKind.FULL,
    "diff": BackupKind.DIFFERENTIAL,
    "incr": BackupKind.INCREMENTAL,
}
EMPTY = frozenset({0, 1, 2})
"""Status codes of a repository that can be read: whole, no stanza, no backup yet."""


def parse_info(text: str) -> tuple[Backup, ...]:
    """The backups that it lists, oldest first. Raises BackupError where they cannot be read."""
    stanza = _stanza(text)
    try:
        databases = {one["id"]: one for one in stanza.get("db", ())}
        found = [_backup(one, databases) for one in stanza.get("backup", ())]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(error) from error
    return tuple(sorted(found, key=lambda one: (one.ended, one.label)))


def cluster_of(text: str) -> str:
    """The system identifier of the database that the repository is for; empty where it has none."""
    databases = _stanza(text).get("db") or ()
    try:
        return str(databases[-1]["system-id"]) if databases else ""
    except (KeyError, TypeError) as error:
        raise _damaged(error) from error


def damaged(text: str) -> tuple[str, ...]:
    """The backups of a database that had damaged pages, a line each."""
    stanza = _stanza(text)
    try:
        return tuple(
            f"{one['label']}: the database had damaged pages when it was taken"
            for one in stanza.get("backup", ())
            if one.get("error")
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(error) from error


def _stanza(text: str) -> dict[str, Any]:
    """The only stanza. Raises BackupError where pgBackRest could not read the repository."""
    try:
        stanzas = json.loads(text, strict=False)  # messages may hold what was decrypted wrongly
        stanza: dict[str, Any] = stanzas[0] if stanzas else {}
        statuses = [one["status"] for one in stanza.get("repo", ())]
        troubles = [one for one in statuses if one["code"] not in EMPTY]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise (_closed(text) if FORMAT in text else _damaged(error)) from error
    if troubles:
        raise _closed(str(troubles[0].get("message", "")))
    return stanza


def _closed(said: str) -> BackupError:
    """The error for a repository that is there and cannot be read."""
    first = said.partition("\n")[0] if FORMAT not in said else ""
    what = short(f"ERROR: [0]: {first}") if first else ""
    why = "" if first and "Crypto" not in said else "the passphrase is wrong, or it is damaged"
    return BackupError(
        f"the repository of the backups cannot be read: {why or what}",
        hint="The passphrase is in the recovery kit that was written with these backups.",
    )


def _backup(one: dict[str, Any], databases: dict[int, dict[str, Any]]) -> Backup:
    database = databases[one["database"]["id"]]
    sizes = one["info"]
    return Backup(
        label=str(one["label"]),
        kind=KINDS[one["type"]],
        started=datetime.fromtimestamp(one["timestamp"]["start"], UTC),
        ended=datetime.fromtimestamp(one["timestamp"]["stop"], UTC),
        needs=tuple(map(str, one["reference"] or ())),
        first_wal=str(one["archive"]["start"]),
        last_wal=str(one["archive"]["stop"]),
        size=int(sizes["size"]),
        stored=int(sizes["repository"]["delta"]),
        cluster=str(database["system-id"]),
        version=int(str(database["version"]).partition(".")[0]),
    )


def _damaged(error: Exception) -> BackupError:
    return BackupError(
        f"what pgBackRest says of its repository cannot be understood: {type(error).__name__}:"
        f" {error}",
        hint="`uz doctor` says which versions were tried.",
    )
