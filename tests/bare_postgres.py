"""A bare PostgreSQL of the test's own: no TCP, and gone with the test's process."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from uz.stack import Owner
from uz.targets.local.backups.session import Session
from uz.targets.local.users import as_user, isolated, user_of

PORT = 5432
"""Of the socket's name alone."""


def programs() -> Path:
    """The folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else Path(shutil.which("postgres") or "postgres").parent


@dataclass
class Bare:
    """One cluster in `folder`."""

    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def session(self) -> Session:
        return Session(self.folder, PORT, tuple(self.rights))

    @property
    def rights(self) -> list[str]:
        return as_user(user_of(Owner.SERVERS)) if isolated() else []

    def run(self, *argv: str | Path) -> str:
        """Run one of PostgreSQL's programs."""
        words = [*self.rights, str(programs() / argv[0]), *map(str, argv[1:])]
        done = subprocess.run(
            words, check=False, capture_output=True, text=True, cwd="/", timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def own(self, path: Path) -> Path:
        """Give a folder to the server's user."""
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, user_of(Owner.SERVERS).uid, user_of(Owner.SERVERS).gid)
        return path

    def start(self, *settings: str) -> None:
        """Serve, and wait until questions are answered."""
        fixed = ("listen_addresses=", f"unix_socket_directories={self.folder}", f"port={PORT}",
                 "fsync=off", "shared_buffers=64MB", *settings)  # fmt: skip
        die = ["setpriv", "--pdeathsig", "KILL", *self.rights[1:-1], "--"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*die, str(programs() / "postgres"), "-D", str(self.data),
                 *(word for one in fixed for word in ("-c", one))],
                stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        self.until("SELECT 'yes'", "yes")

    def until(self, sql: str, wanted: str, within: float = 60) -> None:
        """Wait for an answer."""
        end, said = time.monotonic() + within, ""
        while time.monotonic() < end:
            done = self.session.script(sql + ";", "postgres", within=20)
            said = done.stdout.strip()
            if done.ok and said == wanted:
                return
            assert self.process is None or self.process.poll() is None, self.log()
            time.sleep(0.03)
        raise AssertionError(f"{sql}: {said!r}; {self.log()}")

    def log(self) -> str:
        return (self.folder / "log").read_text()[-2000:]

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it as a crash does, where it runs; with SIGINT gently."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def ask(self, sql: str, database: str = "app") -> str:
        return self.session.ask(sql, database)


@contextmanager
def bare(*settings: str) -> Iterator[Bare]:
    """A new cluster that serves, with an empty database `app`."""
    folder = Path(tempfile.mkdtemp(prefix="uz-pg-"))
    one = Bare(folder)
    try:
        one.own(folder)
        one.run("initdb", "-D", one.data, "-U", "postgres", "-A", "trust", "-k", "-E", "UTF8",
                "--locale=C.UTF-8", "--no-sync", "--no-instructions")  # fmt: skip
        one.start(*settings)
        one.ask("CREATE DATABASE app", "postgres")
        yield one
    finally:
        one.stop()
        shutil.rmtree(folder)


@contextmanager
def copied(source: Bare) -> Iterator[Bare]:
    """A base backup of a running cluster, in a place of its own; it is not started."""
    folder = Path(tempfile.mkdtemp(prefix="uz-pg-"))
    one = Bare(folder)
    try:
        one.own(folder)
        one.run("pg_basebackup", "-D", one.data, "-h", source.folder, "-p", str(PORT),
                "-U", "postgres", "-X", "none", "-c", "fast", "--no-sync")  # fmt: skip
        yield one
    finally:
        one.stop()
        shutil.rmtree(folder)


def recovered(one: Bare, archive: Path, name: str) -> None:
    """Have a copy replay its log up to a restore point, and stay there."""
    one.stop()
    (one.data / "recovery.signal").touch()
    one.start("archive_mode=off", f"restore_command=cp {archive}/%f %p",
              f"recovery_target_name={name}", "recovery_target_action=pause")  # fmt: skip
    one.until("SELECT pg_get_wal_replay_pause_state()", "paused")
