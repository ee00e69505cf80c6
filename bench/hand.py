"""The same servers, started and configured by hand: what Uz is measured against."""

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.processes import read_pid, until
from bench.scratch import HTTP, HTTPS, INSTANCES, Scratch, surroundings

from uz import shell
from uz.errors import UzError

HERE = Path(__file__).parent / "hand"
RATE, CONNECTIONS = 1_000_000, 60_000


@dataclass(frozen=True)
class Hand:
    """A folder with nginx.conf and credentials, beside a brought-up Scratch."""

    place: Scratch
    http: int = HTTP
    https: int = HTTPS
    instances: tuple[int, ...] = INSTANCES

    @property
    def folder(self) -> Path:
        """Where configuration, logs and process ids are."""
        return self.place.folder / "hand"

    @property
    def edge_pid(self) -> int:
        """nginx's main process."""
        return read_pid(self.folder / "nginx.pid")

    def prepare(self) -> None:
        """Write what `start` needs; the environment must be up, as its credentials are copied."""
        servers = _owner(self.place.root / "run" / "edge")
        for path in (self.folder, self.folder / "logs", self.folder / "temp"):
            path.mkdir()
            path.chmod(0o711)
            os.chown(path, *servers)
        credentials = self.place.root / "credentials"
        shell.checked(["cp", "-rLp", credentials, self.folder / "credentials"], timeout=10)
        for name in ("certificate.pem", "key.pem"):
            shell.checked(["cp", "-p", credentials / "edge" / name, self.folder], timeout=10)
        shutil.copy(self.place.root / "data" / "authority.pem", self.folder)
        (self.folder / "nginx.conf").write_text(self._configuration())
        (self.folder / "nginx.conf").chmod(0o644)

    def start_edge(self) -> None:
        """Start nginx only, in front of instances that run already."""
        words = [*_as(self.place.root / "run" / "edge"), "nginx", "-p", f"{self.folder}/"]
        done = shell.run([*words, "-c", "nginx.conf"], timeout=10)
        if not done.ok:
            raise UzError(f"the hand-written nginx does not start:\n{done.tail()}")

    def start(self) -> None:
        """Start instances and edge with hand/start, and wait as it waits."""
        release = sorted((self.place.root / "releases").glob("[0-9]*[0-9]"))[-1]
        told = {
            "HAND": str(self.folder),
            "RELEASE": str(release),
            "DATA": str(self.place.root / "data" / "app"),
            "PORTS": " ".join(map(str, self.instances)),
            "HTTPS": str(self.https),
            "AS_APP": " ".join(_as(self.place.root / "run" / "app")),
            "AS_SERVERS": " ".join(_as(self.place.root / "run" / "edge")),
        }
        done = shell.run(["sh", HERE / "start"], timeout=60, environment=surroundings() | told)
        if not done.ok:
            raise UzError(f"hand/start ended with {done.code}:\n{done.tail()}")

    def stop(self) -> None:
        """Stop what was started, and wait until nothing listens any more."""
        for path in self.folder.glob("*.pid"):
            with suppress(ProcessLookupError, FileNotFoundError, ValueError):
                os.kill(read_pid(path), signal.SIGTERM)
        own = [self.https, *(int(one.stem[4:]) for one in self.folder.glob("app-*.pid"))]
        until(lambda: not any(map(_listens, own)), "the hand-started servers stop")
        for path in self.folder.glob("*.pid"):
            path.unlink(missing_ok=True)

    def _configuration(self) -> str:
        filled = {
            "HTTP": str(self.http),
            "HTTPS": str(self.https),
            "NAMES": f"{self.place.app}.localhost localhost",
            "RATE": str(RATE),
            "CONNECTIONS": str(CONNECTIONS),
            "SERVERS": " ".join(
                f"server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;" for port in self.instances
            ),
        }
        text = (HERE / "nginx.conf").read_text()
        for name, value in filled.items():
            text = text.replace(f"@{name}@", value)
        return text


@contextmanager
def by_hand(hand: Hand) -> Iterator[Hand]:
    """Prepare the folder, and stop in the end whatever was started from it."""
    hand.prepare()
    try:
        yield hand
    finally:
        hand.stop()
        shutil.rmtree(hand.folder)


def _owner(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid


def _as(path: Path) -> list[str]:
    """The words that become the owner of one of Uz's folders, so that rights are the same."""
    uid, gid = _owner(path)
    if uid == os.geteuid():
        return []
    return ["setpriv", "--reuid", str(uid), "--regid", str(gid), "--clear-groups", "--"]


def _listens(port: int) -> bool:
    with closing(socket.socket()) as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0
