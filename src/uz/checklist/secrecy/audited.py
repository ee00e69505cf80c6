"""The experiment on the audit log of Uz's own OpenBao: every read is there, and no value."""

import gzip
import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from uz.checklist.secrecy.judging import named
from uz.checklist.secrecy.searching import search
from uz.components.openbao import AUDIT_LOG
from uz.environment import Environment
from uz.managers import ManagedSecrets
from uz.managers.rights import OPERATOR, READER
from uz.scanning import places
from uz.scanning.files import File
from uz.spec import ManagerKind
from uz.targets.local.reading import paths
from uz.verdict import Figure, Verdict, inapplicable, proven, refuted, unknown
from uz.waiting import met

WRITTEN = 5.0
"""Seconds in which a read has to be in the log."""
FOLDER = AUDIT_LOG.rpartition("/")[0]
SETTINGS = "openbao/openbao.hcl"
DEVICE = re.compile(r'^\s*file_path\s*=\s*"([^"]+)"', re.MULTILINE)
ROLE = re.compile(rf'"role_name":"{READER}([a-z0-9-]+)"'.encode())
READ = b'"operation":"read"'
BEGINNING = b'"path":"sys/mounts/secret"'
"""What is in the log of a new OpenBao only."""


def audited(env: Environment) -> Verdict:
    """Read one secret, look for that in the log, and for every value in all of it."""
    source = env.secrets()
    if env.spec.secrets.manager is ManagerKind.FILE or not isinstance(source, ManagedSecrets):
        return refuted("a file keeps no record of who reads it")
    if not env.spec.secrets.embedded:
        return inapplicable(f"{source.manager.name} keeps its own record, which is not Uz's to see")
    names, log = source.names(), env.folder / AUDIT_LOG
    if not names or not log.is_file():
        return unknown(f"{log}: not there" if names else "OpenBao holds no secret to read")
    begins = log.stat().st_size
    source.read(names[0])
    if not met(lambda: _is_told(log, begins, source.path(names[0])), WRITTEN):
        return refuted(f"the read of {names[0]} is not in the audit log after {WRITTEN:g} s")
    return _looked(env, log, names[0])


def _looked(env: Environment, log: Path, probe: str) -> Verdict:
    own = places.folder(log.parent, FOLDER)
    done = search(env.sensitive(), chain(own, _elsewhere(env)))
    seen, whole = _readers(log)
    silent = sorted(set(paths(env.spec, env.stack)) - seen)
    figures: dict[str, Figure] = {
        "audited_readers": ", ".join(sorted(seen)),
        "audit_log_mb": round(done.size / 1e6, 1),
    }
    if done.findings:
        return refuted("; ".join(named(done.findings)[:4]), **figures)
    if done.gaps:
        return unknown("; ".join(done.gaps[:4]), **figures)
    if silent and whole:
        return refuted(f"the audit log has no read by {', '.join(silent)}", **figures)
    return proven(
        f"the audit log has the read of {probe} by {OPERATOR} and those of {len(seen)} readers,"
        f" and none of {done.values} values",
        domains=env.failure_domains(),
        **figures,
    )


def _elsewhere(env: Environment) -> Iterator[File]:
    """The logs that OpenBao was told to keep in another folder."""
    settings = env.folder / "config" / SETTINGS
    for path in DEVICE.findall(settings.read_text()) if settings.is_file() else ():
        if not path.startswith(f"{FOLDER}/"):
            yield File(env.folder / path, path)


def _is_told(log: Path, begins: int, path: str) -> bool:
    """Whether the log has, from this byte on, the operator's read of a path."""
    mount, _, rest = path.partition("/")
    wanted = f"{mount}/data/{rest}"
    with log.open("rb") as file:
        file.seek(begins if begins <= log.stat().st_size else 0)  # it may be a new one
        return any(_is_read(line, wanted) for line in file)


def _is_read(line: bytes, path: str) -> bool:
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:  # not written to its end yet
        return False
    role = (entry.get("auth", {}).get("metadata") or {}).get("role_name")
    request = entry.get("request", {})
    return bool(
        entry.get("type") == "response"
        and not entry.get("error")
        and (request.get("operation"), request.get("path"), role) == ("read", path, OPERATOR)
    )


def _readers(log: Path) -> tuple[set[str], bool]:
    """The readers whose reads are in the log, and whether it goes back to the beginning."""
    found: set[str] = set()
    whole = False
    for line in _lines(log):
        whole = whole or BEGINNING in line
        if READ in line:
            found |= {role.decode() for role in ROLE.findall(line)}
    return found, whole


def _lines(log: Path) -> Iterator[bytes]:
    for path in log.parent.glob(f"{log.name}*"):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            yield from lines
