"""Shops in processes of their own, as production runs them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SHOP = Path(__file__).parents[1]
SERVER = ("-m", "uvicorn", "shop.main:app", "--host", "127.0.0.1", "--port", "0")


@dataclass
class RunningShop:
    """A process that serves the shop."""

    process: subprocess.Popen[str]
    address: str

    def stop(self) -> list[dict[str, object]]:
        """Ask it to stop, wait for it, and return what it logged since it served."""
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=20)
        return [json.loads(line) for line in output.splitlines()]


def start(database_url: str, **environment: str) -> "subprocess.Popen[str]":
    """Start a shop on a port that the system chooses."""
    return subprocess.Popen(
        [sys.executable, *SERVER],
        cwd=SHOP,
        env={**os.environ, "DATABASE_URL": database_url, "REDIS_URL": "", **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def served(process: "subprocess.Popen[str]") -> RunningShop:
    """Wait until it serves; its log says where."""
    assert process.stdout is not None
    for line in process.stdout:
        message = str(json.loads(line)["message"])
        if "running on" in message:
            return RunningShop(process, message.split()[3])
    raise AssertionError(f"the shop ended with {process.wait(timeout=20)}")


@contextmanager
def running_shops(database_url: str, count: int, **environment: str) -> Iterator[list[RunningShop]]:
    """So many shops on one database, all started at once."""
    processes = [start(database_url, **environment) for _ in range(count)]
    try:
        yield [served(process) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate(timeout=20)
