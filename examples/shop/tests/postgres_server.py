"""A PostgreSQL of one's own, which tests may stop, kill and start again."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from redis_server import free_port

PASSWORD = "the-password-of-the-app"
# The rights are those that Uz gives: the app reads and writes, and changes no table.
ROLES = f"""
    CREATE ROLE owner NOLOGIN;
    CREATE ROLE migrations LOGIN PASSWORD '{PASSWORD}' IN ROLE owner;
    ALTER ROLE migrations SET role = 'owner';
    CREATE ROLE app LOGIN PASSWORD '{PASSWORD}';
"""
RIGHTS = """
    ALTER SCHEMA public OWNER TO owner;
    ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app;
"""


def unprivileged() -> dict[str, Any]:
    """How to start what refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}


@contextmanager
def folder_for_servers() -> Iterator[Path]:
    """A folder that such a process may write to; its path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="shop-", ignore_cleanup_errors=True) as name:
        if user := unprivileged():
            shutil.chown(name, user["user"], user["group"])
        yield Path(name)


def installed(program: str) -> str:
    """Where one of PostgreSQL's programs is; skips the test when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    path = str(found[-1]) if found else shutil.which(program)
    if path is None:
        pytest.skip("PostgreSQL is not installed")
    return path


@dataclass
class PostgresServer:
    """A PostgreSQL on a port that stays the same."""

    folder: Path
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    def url(self, database: str, role: str = "app") -> str:
        """What the shop is told."""
        return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def administrator(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        """A connection that may do everything."""
        return psycopg.connect(
            host=str(self.folder),
            port=self.port,
            dbname=database,
            user="administrator",
            autocommit=True,
        )

    def create(self) -> None:
        """Make its folder, start it, and make the roles."""
        subprocess.run(
            [installed("initdb"), "--pgdata=data", "--username=administrator", "--no-sync"]
            + ["--auth-local=trust", "--auth-host=scram-sha-256", "--locale=C.UTF-8"],
            cwd=self.folder,
            check=True,
            timeout=60,
            stdout=subprocess.DEVNULL,
            **unprivileged(),
        )
        self.start()
        with self.administrator() as administrator:
            administrator.execute(ROLES)
        with self.administrator("template1") as administrator:
            administrator.execute(RIGHTS)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = ["fsync=off", "listen_addresses=127.0.0.1", "log_min_messages=panic"]
        self._process = subprocess.Popen(
            [installed("postgres"), "-D", "data", "-p", str(self.port), "-k", str(self.folder)]
            + [word for setting in settings for word in ("-c", setting)],
            cwd=self.folder,
            stderr=subprocess.DEVNULL,
            **unprivileged(),
        )
        patience = time.monotonic() + 20
        while True:
            try:
                self.administrator().close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, "postgres ended"
                assert time.monotonic() < patience, "postgres does not answer"
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it; whoever is connected is cut off."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=20)
            self._process = None

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let it accept connections, and answer nothing."""
        stopped = self.processes()
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def processes(self) -> list[int]:
        """The server, and the processes that serve a connection each."""
        assert self._process is not None
        server = self._process.pid
        children = Path(f"/proc/{server}/task/{server}/children").read_text()
        return [server, *map(int, children.split())]

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """A database like the template, for a while: its name."""
        name = f"test_{secrets.token_hex(8)}"
        self.administrate(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield name
        self.administrate(f"DROP DATABASE {name} WITH (FORCE)")

    def administrate(self, statement: str) -> None:
        """Do something that only the administrator may do."""
        with self.administrator() as administrator:
            administrator.execute(statement.encode())
