"""Specs for tests: the text of a `uz.toml` from Python values, and the Spec that it means."""

import json
import re
from typing import Any

from uz.machine import Machine, Program
from uz.spec import Spec, parse

FOLDERS = {"postgres": "/usr/lib/postgresql/15/bin"}
MACHINE = Machine(
    cores=4,
    memory=8 * 2**30,
    isolated=False,
    ipv6=True,
    programs={
        name: Program(name, f"{FOLDERS.get(name, '/usr/sbin')}/{name}", version)
        for name, version in {
            "nginx": (1, 22, 1),
            "logrotate": (3, 21, 0),
            "setpriv": (2, 38, 1),
            "git": (2, 39, 5),
            "tar": (1, 34),
            "strace": (6, 1),
            "postgres": (15, 18),
            "pgbouncer": (1, 18, 0),
            "pgbackrest": (2, 45),
            "restic": (0, 14, 0),
            "bao": (2, 7, 2),
            "weed": (4, 48),
        }.items()
    },
)
"""A machine that never changes, with the programs of Debian 12."""

APP = {
    "name": "shop",
    "domain": "shop.example",
    "command": "serve --port $PORT",
}


def spec(environment: str = "production", *, kind: str = "", **tables: Any) -> Spec:
    """Parse the text that `uz_toml` writes, for one environment."""
    return parse(uz_toml(environment, kind=kind, **tables), environment)


def uz_toml(environment: str = "production", *, kind: str = "", **tables: Any) -> str:
    """Write a `uz.toml`: a small app, and the tables given, such as `app={"instances": 3}`.

    Its secrets lie in a file, as for development, unless `secrets` says else.

    An environment other than production gets its table, as a rehearsal unless `kind` says else.
    """
    whole = {**tables, "app": APP | tables.get("app", {})}
    whole.setdefault("secrets", {"manager": "file"})
    if environment != "production" or kind:
        own = {"kind": kind or "rehearsal", "network": {"port_base": 23000}}
        environments = tables.get("environments", {})
        whole["environments"] = environments | {
            environment: own | environments.get(environment, {})
        }
    return _table((), whole)


def _table(path: tuple[str, ...], table: dict[str, Any]) -> str:
    lines = [f"[{'.'.join(path)}]"] if path else []
    inner = {key: value for key, value in table.items() if isinstance(value, dict)}
    lines += [f"{_key(key)} = {_value(table[key])}" for key in table if key not in inner]
    return "\n".join([*lines, ""]) + "".join(
        _table((*path, _key(key)), value) for key, value in inner.items()
    )


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    """JSON is TOML here, but for the one control character that TOML wants escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
