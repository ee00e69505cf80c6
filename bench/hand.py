"""The same servers, started and configured by hand: what Uz is measured against."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.processes import command_of, read_pid, until
from bench.scratch import HTTP, HTTPS, INSTANCES, SERVERS, Scratch, surroundings

from uz import shell
from uz.errors import UzError
from uz.programs import REQUIREMENTS, find
from uz.stack import Owner
from uz.targets.local.users import isolated, user_of

HERE = Path(__file__).parent / "hand"
RATE, CONNECTIONS = 1_000_000, 60_000
VARIABLES = {
    "REQUEST_TIMEOUT": "30",
    "DATABASE_CONNECT_TIMEOUT": "5",
    "DATABASE_POOL_SIZE": "10",
    "DATABASE_POOL_TIMEOUT": "10",
    "DATABASE_PREPARED_STATEMENTS": "off",
}
"""What the shop is told, as by Uz behind a PgBouncer before 1.21."""


@dataclass(frozen=True)
class Hand:
    """A folder with all that is started by hand, beside a Scratch."""

    place: Scratch
    http: int = HTTP
    https: int = HTTPS
    instances: tuple[int, ...] = INSTANCES
    name: str = "hand"

    @property
    def folder(self) -> Path:
        """Where configuration, data, logs and process ids are."""
        return self.place.folder / self.name

    @property
    def edge_pid(self) -> int:
        """nginx's main process."""
        return read_pid(self.folder / "nginx.pid")

    def prepare(self) -> None:
        """Make the folder anew, with nginx.conf and nothing running."""
        shutil.rmtree(self.folder, ignore_errors=True)
        owner = user_of(Owner.SERVERS)
        for path in (self.folder, self.folder / "logs", self.folder / "temp"):
            path.mkdir()
            path.chmod(0o711)
            os.chown(path, owner.uid, owner.gid)
        (self.folder / "nginx.conf").write_text(self._configuration())
        (self.folder / "nginx.conf").chmod(0o644)

    def borrow(self) -> None:
        """Take certificate, secrets and the addresses of the servers from the Scratch, which is
        up."""
        credentials = self.place.root / "credentials"
        shell.checked(["cp", "-rLp", credentials, self.folder / "credentials"], timeout=10)
        for name in ("certificate.pem", "key.pem"):
            shell.checked(["cp", "-p", credentials / "edge" / name, self.folder], timeout=10)
        shutil.copy(self.place.root / "data" / "authority.pem", self.folder)

    def start_edge(self) -> None:
        """Start nginx only, in front of instances that run already."""
        words = [*as_owner(Owner.SERVERS), "nginx", "-p", f"{self.folder}/", "-c", "nginx.conf"]
        done = shell.run(words, timeout=10)
        if not done.ok:
            raise UzError(f"the hand-written nginx does not start:\n{done.tail()}")

    def start(self, what: str, release: Path | None = None, **variables: str) -> None:
        """Run `hand/start WHAT`. Without a release of its own it makes or has made one."""
        pooler, primary, standby, cache, replica = map(str, SERVERS)
        servers, app = user_of(Owner.SERVERS), user_of(Owner.APP)
        told = {
            "HAND": str(self.folder),
            "PROJECT": str(self.place.project),
            "VENV": str(self.place.venv),
            "RELEASE": str(release or self.folder / "release"),
            "DATA": str(self.folder / "shop"),
            "PORTS": " ".join(map(str, self.instances)),
            "PRIMARY": primary, "STANDBY": standby, "POOLER": pooler,
            "CACHE": cache, "REPLICA": replica, "HTTPS": str(self.https),
            "VARIABLES": " ".join(f"{n}={value}" for n, value in (VARIABLES | variables).items()),
            "BIN": str(postgresql()),
            "AS_APP": " ".join(as_owner(Owner.APP)),
            "AS_SERVERS": " ".join(as_owner(Owner.SERVERS)),
            "APP": f"{app.uid}:{app.gid}",
            "SERVERS": f"{servers.uid}:{servers.gid}",
        }  # fmt: skip
        words: list[str | Path] = ["sh", HERE / "start", what]
        done = shell.run(words, timeout=120, cwd=self.folder, environment=surroundings() | told)
        if not done.ok:
            raise UzError(f"hand/start {what} ended with {done.code}:\n{done.tail()}")

    def stop(self) -> None:
        """Stop what was started, and wait until it is gone."""
        pids = []
        for path in self.folder.glob("*.pid"):
            with suppress(ProcessLookupError, FileNotFoundError, ValueError):
                pid = read_pid(path)
                fast = path.name.startswith(("database", "pgbouncer"))
                os.kill(pid, signal.SIGINT if fast else signal.SIGTERM)
                pids.append(pid)
        until(lambda: not any(map(command_of, pids)), "the hand-started servers stop")
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


def as_owner(owner: Owner) -> list[str]:
    """The words that become the user whose rights Uz gives to servers or app."""
    if not isolated():
        return []
    user = user_of(owner)
    return ["setpriv", "--reuid", str(user.uid), "--regid", str(user.gid), "--clear-groups", "--"]


def postgresql() -> Path:
    """The folder of PostgreSQL's programs: the same that Uz takes."""
    found = next(filter(None, (find(one) for one in REQUIREMENTS if one.name == "postgres")), None)
    if found is None:
        raise UzError("PostgreSQL is not on this machine", hint="`uz doctor --install`")
    return Path(found.path).parent
