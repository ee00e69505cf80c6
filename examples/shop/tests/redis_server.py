"""A Redis in a process of its own, which tests may stop, kill and start again."""

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

PASSWORD = "the-password-of-the-shop"
# What the shop may do is what its README says; the administrator is for the tests.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
dir {folder}
save ""
user default off
user app on >{password} ~shop:* -@all +mget +set +select
user administrator on nopass ~* +@all
"""


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class RedisServer:
    """A Redis on a port that stays the same."""

    folder: Path
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """What the shop is told."""
        return f"redis://app:{PASSWORD}@127.0.0.1:{self.port}/1"

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process that runs."""
        assert self._process is not None
        return self._process

    def administrator(self) -> Redis:
        """A client that may do everything."""
        once = Retry(NoBackoff(), 0)
        return Redis(port=self.port, db=1, username="administrator", password="any", retry=once)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed")
        written = self.folder / "redis.conf"
        written.write_text(
            CONFIGURATION.format(port=self.port, folder=self.folder, password=PASSWORD)
        )
        self._process = subprocess.Popen([program, str(written)], stdout=subprocess.DEVNULL)
        patience = time.monotonic() + 20
        while True:
            try:
                with self.administrator() as client:
                    client.ping()
                return
            except RedisError:
                assert self._process.poll() is None, "redis-server ended"
                assert time.monotonic() < patience, "redis-server does not answer"
                time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, as if it had crashed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=20)
