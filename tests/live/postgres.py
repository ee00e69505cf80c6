"""PostgreSQL below a stage: bringing one up, and asking it without any of Uz's own code."""

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.live.stage import Stage, a_stage

TABLE = "CREATE TABLE IF NOT EXISTS notes (id serial PRIMARY KEY, text text NOT NULL)"
MIGRATE = f"""\
set -e
env | sed -n 's/^\\(DATABASE[A-Z_]*\\)=.*/told: \\1/p' | sort
psql -Xqw -v ON_ERROR_STOP=1 "$DATABASE_DIRECT_URL" -c '{TABLE}'
"""


def with_database(stage: Stage, migration: str = MIGRATE, **keys: Any) -> None:
    """Give the app a small database and a migration; nothing is brought up."""
    stage.set("app.instances", 1)
    table = {"migrate": "sh migrate.sh", "memory": "64MiB", "retained_wal": "64MiB"}
    for key, value in (table | keys).items():
        stage.set(f"database.{key}", value)
    stage.commit(migration, name="migrate.sh")


@contextmanager
def a_stage_with_database(**keys: Any) -> Iterator[Stage]:
    """A stage whose stack is up, with a database."""
    with a_stage() as stage:
        with_database(stage, **keys)
        stage.up()
        yield stage


def data(stage: Stage, name: str = "") -> Path:
    """The folder of a server's data, or of all of them."""
    return stage.root() / "data/database" / name


def passwords(stage: Stage) -> dict[str, str]:
    """The passwords of all roles."""
    found = json.loads((stage.root() / "secrets.json").read_text())
    return {
        name.removeprefix("database/"): base64.b64decode(value).decode()
        for name, value in found.items()
        if name.startswith("database/")
    }


def asked(
    stage: Stage, role: str, sql: str, *, port: int = 400, database: str = "app", secret: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Ask over TCP, with the role's password; `port` above the base: 400 for the first server."""
    command = ["psql", "-XAtqw", "-h", "127.0.0.1", "-p", str(stage.base + port),
               "-U", role, "-d", database, "-v", "ON_ERROR_STOP=1", "-c", sql]  # fmt: skip
    known = os.environ | {"PGPASSWORD": secret or passwords(stage)[role], "PGCONNECT_TIMEOUT": "10"}
    return subprocess.run(
        command, env=known, check=False, capture_output=True, text=True, timeout=60
    )


def said(done: "subprocess.CompletedProcess[str]") -> str:
    """What an answer is, which must have come."""
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def own(stage: Stage, sql: str, *, node: int = 1, database: str = "app") -> str:
    """Ask one server as the superuser, by the private socket."""
    command = ["psql", "-XAtqw", "-h", str(stage.root() / "run/database"),
               "-p", str(stage.base + 399 + node), "-U", "postgres", "-d", database,
               "-v", "ON_ERROR_STOP=1", "-c", sql]  # fmt: skip
    known = os.environ | {"PGCONNECT_TIMEOUT": "10"}
    return said(
        subprocess.run(command, env=known, check=False, capture_output=True, text=True, timeout=60)
    )


def note(stage: Stage, text: str) -> None:
    """Write as the app does: through PgBouncer."""
    said(asked(stage, "app", f"INSERT INTO notes (text) VALUES ('{text}')", port=432))


def notes(stage: Stage) -> set[str]:
    """What the app finds."""
    return set(said(asked(stage, "app", "SELECT text FROM notes", port=432)).splitlines())


def write_much(stage: Stage, megabytes: int, node: int = 1) -> None:
    """Let the log of changes grow, and the server forget what it may."""
    for _ in range(0, megabytes, 16):
        own(stage, "SELECT pg_switch_wal() FROM pg_logical_emit_message(true, 'x', 'x')", node=node)
    own(stage, "CHECKPOINT", node=node)


def same_on_both(stage: Stage, within: float = 20) -> bool:
    """Whether the standby has what the primary has."""
    query = "SELECT string_agg(text, ',' ORDER BY id) FROM notes"
    end = time.monotonic() + within
    while own(stage, query, node=2) != own(stage, query):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
