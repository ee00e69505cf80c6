"""When a pipeline last logged in, as OpenBao's audit log has it."""

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from uz.checklist.fetching.reach import NO_PIPELINE, elsewhere, missing
from uz.components.openbao import AUDIT_LOG
from uz.environment import Environment
from uz.managers.pipeline import MOUNT
from uz.spec import Kind
from uz.verdict import Verdict, declared, proven

LOGIN = f"auth/{MOUNT}/login"
COPIED = "claim_"
"""What claims are called in the audit log; the role has them copied there."""


def last_login(env: Environment) -> Verdict:
    """Look for the last login of a pipeline that was let in."""
    if verdict := elsewhere(env):
        return verdict
    if env.spec.pipeline is None:
        return missing(NO_PIPELINE)
    found = last(env.folder / AUDIT_LOG)
    if found is not None:
        return proven(_told(found), last_login=found["time"])
    if env.stands_for is Kind.PRODUCTION:
        return declared("the role is there; no pipeline has logged in yet")
    return proven(f"no pipeline has logged in yet, and {env.stands_for} needs none that has")


def last(log: Path) -> Mapping[str, Any] | None:
    """The last entry of a login that was let in: from the log, else from those rotated away."""
    rotated = sorted(
        log.parent.glob(f"{log.name}.*"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    for path in (log, *rotated):
        entries = list(_logins(path)) if path.is_file() else []
        if entries:
            return entries[-1]
    return None


def _logins(path: Path) -> Iterator[Mapping[str, Any]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as lines:
        for line in lines:
            if f'"{LOGIN}"'.encode() in line and (entry := _entry(line)):
                yield entry


def _entry(line: bytes) -> Mapping[str, Any] | None:
    """The answer to a login that was let in; a line that was cut off is none."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    found = _table(entry)
    let_in = (
        found.get("type") == "response"
        and _table(found.get("request")).get("path") == LOGIN
        and not found.get("error")
        and bool(_table(found.get("response")).get("auth"))
    )
    return found if let_in else None


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _told(entry: Mapping[str, Any]) -> str:
    claims = {
        name.removeprefix(COPIED): value
        for name, value in _table(_table(entry.get("auth")).get("metadata")).items()
        if name.startswith(COPIED)
    }
    who = ", ".join(f"{name} {value}" for name, value in sorted(claims.items()))
    when = datetime.fromisoformat(entry["time"][:19]).replace(tzinfo=UTC)
    return f"a pipeline logged in last on {when:%Y-%m-%d at %H:%M} UTC" + (f" ({who})" * bool(who))
