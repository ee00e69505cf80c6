"""A restored cluster, served to nobody but who restored it; never by the environment's supervisor.

It has a folder and a socket of its own, no TCP, and archives nothing. One restore may look at
several moments: it is moved forward from one to the next, and promoted at the last.
"""

import hashlib
import os
import pwd
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from uz.backups.target import LATEST, Aim, Target
from uz.components.database.scripts import bin_folder
from uz.errors import BackupError, MachineError
from uz.machine import Machine
from uz.programs import SEARCHED
from uz.shell import background
from uz.stack import Owner
from uz.targets.local.backups.inventory import free
from uz.targets.local.backups.private_log import (
    PROMOTED,
    STOPPING,
    died,
    ended_early,
)
from uz.targets.local.backups.private_process import Postmaster, found, stopped
from uz.targets.local.backups.private_settings import (
    PORT,
    controlled,
    files,
    limits,
    recovery,
    settings,
)
from uz.targets.local.backups.session import QUESTION, Session
from uz.targets.local.folders import disk_errors, write
from uz.targets.local.folders import folder as make_folder
from uz.targets.local.users import as_user, isolated, user_of
from uz.waiting import met

MEMORY = 128 * 2**20
"""Bytes that are shared among its processes."""
LONGEST_SOCKET = 85
"""Characters of the socket's folder: the kernel takes 107, and the name of the socket is in it."""
SHUTDOWN = 60.0
"""Seconds until a server that does not stop by itself is ended."""
CLUSTERS = ("scratch/*/data", "drill/data", "data/restore/*/data")
"""Where restores have their clusters, below the folder of an environment."""
ANSWERS = 60.0
"""Seconds until a promoted server has to accept writes."""
START = """cd / && exec >>"$1" 2>&1 && shift && exec "$@" """


@dataclass
class PrivateServer:
    """A cluster in `data`, with all that belongs to serving it in `folder`, which is made.

    `durable`: what it writes is on the disk, as where the cluster is to be used afterwards. As a
    context manager it is always stopped.
    """

    data: Path
    folder: Path
    machine: Machine
    durable: bool = False
    memory: int = MEMORY
    _postmaster: Postmaster | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """End what a killed run may have left; nothing is started yet."""
        end_leftover(self.data)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it, and remove its socket."""
        self.stop()
        shutil.rmtree(self.socket, ignore_errors=True)

    @property
    def socket(self) -> Path:
        """The folder of its socket: one of its own in /tmp where the path would be too long."""
        inside = self.folder / "s"
        if len(str(inside)) <= LONGEST_SOCKET:
            return inside
        return Path("/tmp") / f"uz-{hashlib.sha256(str(inside).encode()).hexdigest()[:12]}"

    @property
    def port(self) -> int:
        """Part of the socket's name."""
        return PORT

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "log"

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._postmaster is not None and self._postmaster.running

    @property
    def session(self) -> Session:
        """How it is asked, as the superuser."""
        return Session(self.socket, PORT, _rights())

    def ask(self, sql: str, database: str = "postgres", *, within: float = QUESTION) -> str:
        """Have it run SQL; a row a line, columns parted by `|`. Raises BackupError."""
        return self.session.ask(sql, database, within=within)

    def variables(self, database: str = "app") -> dict[str, str]:
        """The variables by which PostgreSQL's clients find it, as the superuser."""
        return {
            "PGHOST": str(self.socket),
            "PGPORT": str(PORT),
            "PGUSER": "postgres",
            "PGDATABASE": database,
        }

    def reach(self, target: Target = LATEST, *, within: float, promote: bool = False) -> None:
        """Recover up to a target, and pause there so that it can be looked at; or end the recovery
        there, so that it takes writes. The latest there is always ends it.

        `within`: seconds. An earlier target than one that was reached cannot be. Raises
        EndedEarlyError where the log ends before the target, BackupError where anything else ends
        it, or it takes too long.
        """
        self.stop()
        ends = promote or target.aim is Aim.LATEST
        signal = self.data / "recovery.signal"
        (self.data / "standby.signal").unlink(missing_ok=True)
        if not signal.exists():
            if self._once_promoted():
                raise BackupError(f"{self.data}: was promoted, and goes on from there only")
            owner = user_of(Owner.SERVERS)
            write(signal, "", 0o600, owner.uid, owner.gid)
        self._start(recovery(target, promote=promote))
        done = met(lambda: not self.running or self._arrived(ends), within)
        if self.running and done:
            return
        alive, room = self.running, free(self.data)
        self.stop()
        if alive:
            raise BackupError(f"{target} was not reached within {within:g} s", hint=self._hint())
        raise ended_early(self._said(), target, self._hint(), room)

    def serve(self, within: float = ANSWERS) -> None:
        """Start it again after it was promoted and stopped. Raises BackupError."""
        self.stop()
        self._start({})
        if not met(lambda: not self.running or self._writable(), within) or not self.running:
            self.stop()
            raise died(self._said(), self._hint(), free(self.data))

    def stop(self) -> None:
        """Stop it, so that its data is whole; nothing happens where it does not run."""
        if self._postmaster is not None:
            stopped(self._postmaster, SHUTDOWN)
            self._postmaster = None

    def _once_promoted(self) -> bool:
        return (self.folder / "promoted").exists()

    def _hint(self) -> str:
        return f"Its log is {self.log}." if self.log.exists() else ""

    def _said(self) -> list[str]:
        """What it printed since it was started last."""
        with suppress(OSError):
            return self.log.read_text(errors="replace").splitlines()
        return []

    def _arrived(self, ends: bool) -> bool:
        said = self._said()
        if not any(line.startswith(PROMOTED if ends else STOPPING) for line in said):
            return False
        try:
            if not ends:
                return self.ask("SELECT pg_is_wal_replay_paused()", within=10) == "t"
            if self.ask("SELECT pg_is_in_recovery()", within=10) != "f":
                return False
        except BackupError:
            return False
        with disk_errors(self.folder):
            (self.folder / "promoted").touch()
        return True

    def _writable(self) -> bool:
        try:
            return self.ask("SELECT pg_is_in_recovery()", within=10) == "f"
        except BackupError:
            return False

    def _start(self, more: dict[str, str]) -> None:
        programs = Path(bin_folder(self.machine))
        needed = limits(controlled(programs, self.data, _rights()))
        self._prepare()
        name = f"private_{self.folder.name}"[:60]
        wanted = settings(
            name, self.socket, self.folder, needed, durable=self.durable, memory=self.memory
        )
        words = [f"--{key}={value}" for key, value in (wanted | more).items()]
        # a session of its own: Ctrl-C in a psql beside it must not end it
        process = background(
            ["setsid", *_rights(), "env", "-i", f"PATH={programs}:{SEARCHED}", "LC_ALL=C.UTF-8",
             "sh", "-c", START, "sh", self.log,
             programs / "postgres", "-D", self.data, *words]
        )  # fmt: skip
        self._postmaster = Postmaster(self.data, psutil.Process(process.pid), process.poll)

    def _prepare(self) -> None:
        servers = user_of(Owner.SERVERS)
        operator = pwd.getpwuid(os.geteuid()).pw_name
        own = servers.name or operator
        app = user_of(Owner.APP).name or operator
        make_folder(self.folder, 0o711 if isolated() else 0o700)
        make_folder(self.socket, 0o711 if isolated() else 0o700, servers.uid, servers.gid)
        for name, text in files(operator, own, app).items():
            write(self.folder / name, text, 0o640, -1, servers.gid)
        write(self.log, "", 0o600, servers.uid, servers.gid)


def _rights() -> tuple[str, ...]:
    return tuple(as_user(user_of(Owner.SERVERS))) if isolated() else ()


def end_leftover(data: Path) -> bool:
    """End a private server that a killed run left on this data; say whether there was one.

    Raises MachineError where it does not end.
    """
    left = found(data)
    if left is None:
        return False
    stopped(left, SHUTDOWN)
    if left.running:
        raise MachineError(f"{data}: process {left.pid} serves it, and does not end")
    return True


def end_leftovers(root: Path) -> None:
    """End what killed restores left running below the folder of an environment.

    Raises MachineError where one does not end.
    """
    for place in CLUSTERS:
        for data in root.glob(place):
            end_leftover(data)
