"""A PgBouncer before a PostgreSQL, which pools transactions as in production."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from postgres_server import PASSWORD, PostgresServer, folder_for_servers, unprivileged
from redis_server import free_port

CONFIGURATION = """\
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = users
admin_users = pauser
pool_mode = transaction
default_pool_size = 2
"""


@dataclass(frozen=True)
class PgBouncer:
    """A pooler that may be told to pause."""

    port: int

    def url(self, database: str) -> str:
        """What the shop is told."""
        return f"postgresql://app:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def tell(self, command: str) -> None:
        """Give it a command, such as PAUSE."""
        with self._console() as console:
            console.execute(command.encode())

    def answers(self) -> bool:
        """Whether it is there."""
        try:
            self._console().close()
        except psycopg.OperationalError:
            return False
        return True

    def _console(self) -> "psycopg.Connection[Any]":
        url = f"postgresql://pauser:{PASSWORD}@127.0.0.1:{self.port}/pgbouncer"
        return psycopg.connect(url, autocommit=True)


@contextmanager
def pgbouncer(postgres: PostgresServer) -> Iterator[PgBouncer]:
    """A PgBouncer for a while; skips the test when it is not installed."""
    program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    with folder_for_servers() as folder:
        pooler = PgBouncer(free_port())
        written = CONFIGURATION.format(server=postgres.port, port=pooler.port)
        (folder / "pgbouncer.ini").write_text(written)
        users = [f'"{name}" "{PASSWORD}"\n' for name in ("app", "pauser")]
        (folder / "users").write_text("".join(users))
        process = subprocess.Popen(
            [program, "--quiet", "pgbouncer.ini"], cwd=folder, **unprivileged()
        )
        try:
            patience = time.monotonic() + 20
            while not pooler.answers():
                assert process.poll() is None, "pgbouncer ended"
                assert time.monotonic() < patience, "pgbouncer does not answer"
                time.sleep(0.02)
            yield pooler
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
