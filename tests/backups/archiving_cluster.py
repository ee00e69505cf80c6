"""A PostgreSQL primary that archives by `cp`, and an engine of plain copies: for tests of what
restores, without any program for backups."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from uz.backups.backup import Backup, BackupKind
from uz.backups.wal import NAME
from uz.machine import Machine, Program
from uz.stack import Owner
from uz.targets.local.users import as_user, isolated, user_of

BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/usr/bin"))
VERSION = int(BIN.parent.name) if BIN.parent.name.isdigit() else 15
MACHINE = Machine(
    2, 2**30, isolated(), ipv6=False,
    programs={"postgres": Program("postgres", str(BIN / "postgres"), (VERSION, 0))},
)  # fmt: skip


def rights() -> list[str]:
    """What PostgreSQL, which refuses root, is started with."""
    return as_user(user_of(Owner.SERVERS)) if isolated() else []


def run(*words: str | Path) -> str:
    """Run a program with the servers' rights."""
    done = subprocess.run(
        [*rights(), *map(str, words)],
        cwd="/", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass
class Cluster:
    """A primary with its archive, a folder that looks like an engine's repository."""

    top: Path
    archive: Path
    command: str = ""
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def data(self) -> Path:
        """Its data."""
        return self.top / "primary"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(self.top), "port": "5432",
            "archive_mode": "on",
            "archive_command": self.command or f"cp %p {self.archive}/log/%f-x",
            "wal_level": "replica", "fsync": "off", "max_wal_senders": "4",
        }  # fmt: skip
        words = [f"--{key}={value}" for key, value in settings.items()]
        self.process = subprocess.Popen(
            [*rights(), BIN / "postgres", "-D", self.data, *words],
            cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + 30
        while True:
            with suppress(AssertionError):
                self.ask("SELECT 1")
                return
            assert time.monotonic() < end
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it in its own way."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
            self.process = None

    def ask(self, sql: str, database: str = "postgres") -> str:
        """Ask it as the superuser."""
        return run("psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", "-h", self.top, "-p", "5432",
                   "-U", "postgres", "-d", database, "-c", sql)  # fmt: skip

    def archived(self) -> None:
        """Have all that was written until now archived."""
        name = self.ask("SELECT pg_walfile_name(pg_current_wal_lsn()) FROM pg_current_xact_id()")
        self.ask("SELECT pg_switch_wal()")
        end = time.monotonic() + 30
        while self.ask("SELECT last_archived_wal FROM pg_stat_archiver") < name:
            assert time.monotonic() < end, name
            time.sleep(0.05)

    def moment(self) -> datetime:
        """A moment with a pause on both sides, so that nothing was written at it."""
        time.sleep(0.3)
        now = datetime.now(UTC)
        time.sleep(0.3)
        return now


@dataclass(frozen=True)
class CopyEngine:
    """An Engine, as far as restoring asks for one: a backup is a folder that pg_basebackup made."""

    folder: Path

    def back_up(self, cluster: Cluster, label: str) -> Backup:
        """Take a copy."""
        started = datetime.now(UTC)
        into = self.folder / "backup" / label
        run(BIN / "pg_basebackup", "-D", into, "-X", "none", "-c", "fast", "-h", cluster.top,
            "-p", "5432", "-U", "postgres", "--no-sync")  # fmt: skip
        label_file = (into / "backup_label").read_text()
        cluster.archived()
        history = sorted((self.folder / "log").glob("*.backup-x"))[-1].read_text()
        names = [NAME.search(line.split("file ")[-1]) for line in history.splitlines()[:2]]
        first, last = (one[0] for one in names if one)
        assert first in label_file
        sizes = [one.stat().st_size for one in into.rglob("*") if one.is_file()]
        return Backup(label, BackupKind.FULL, started, datetime.now(UTC), (), first, last,
                      sum(sizes), sum(sizes), "7", VERSION)  # fmt: skip

    def backups(self) -> tuple[Backup, ...]:
        """Unknown here."""
        return ()

    def files_of(self, label: str, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Files below the label's folder."""
        return tuple(one for one in paths if one.startswith(f"backup/{label}/"))

    def segment_of(self, path: str) -> str:
        """What stands before the hyphen."""
        name = path.removeprefix("log/").partition("-")[0]
        return name if path.startswith("log/") and "." not in name.removesuffix(".history") else ""

    def restore(self, label: str, into: Path) -> None:
        """Copy it back."""
        run("cp", "-a", f"{self.folder}/backup/{label}/.", into)
        for name in ("pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots",
                     "pg_stat", "pg_stat_tmp", "pg_subtrans", "pg_tblspc", "pg_twophase",
                     "pg_commit_ts", "pg_logical/snapshots", "pg_logical/mappings",
                     "pg_wal/archive_status"):  # fmt: skip
            run("mkdir", "-p", into / name)
        run("sh", "-c", 'echo "$1" >> "$2"; touch "$3"', "sh",
            f"restore_command = 'cp {self.folder}/log/%f-x %p'",
            into / "postgresql.auto.conf", into / "recovery.signal")  # fmt: skip


@contextmanager
def a_cluster() -> Iterator[tuple[Cluster, CopyEngine]]:
    """A running primary in a short folder, and an engine for it; all is gone in the end."""
    top = Path(tempfile.mkdtemp(prefix="uz-c-", dir="/tmp"))
    owner = user_of(Owner.SERVERS)
    top.chmod(0o711)
    if isolated():
        os.chown(top, owner.uid, owner.gid)
    cluster = Cluster(top, top / "archive")
    try:
        for name in ("archive", "archive/log", "archive/backup"):
            run("mkdir", top / name)
        run(BIN / "initdb", "-D", cluster.data, "-U", "postgres", "--auth=trust", "--no-sync",
            "--locale=C.UTF-8", "--no-instructions", "--data-checksums")  # fmt: skip
        cluster.start()
        yield cluster, CopyEngine(cluster.archive)
    finally:
        if cluster.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(cluster.process.pid, signal.SIGQUIT)
            cluster.process.wait(60)
        shutil.rmtree(top, ignore_errors=True)
