"""What an engine that backs a PostgreSQL server up has to be able to do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from uz.backups.backup import Backup, BackupKind


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL primary: its data, and where its socket is."""

    data: Path
    socket: Path
    port: int


class Engine(Protocol):
    """Takes backups into one repository, a folder, and restores from it.

    The conformance suite is `uz.testing.engine_conformance`. Every method raises BackupError with
    the engine's own words, MachineError where the disk is full or closed.
    """

    def prepare(self, server: Server) -> None:
        """Make the repository ready for this server; nothing happens where it is."""
        ...

    def back_up(self, server: Server, kind: BackupKind) -> Backup:
        """Take a backup; a full one where there is none yet to build on."""
        ...

    def backups(self) -> tuple[Backup, ...]:
        """The backups in the repository, oldest first."""
        ...

    def verify(self) -> tuple[str, ...]:
        """Read all of the repository; return what is wrong with it, a line each."""
        ...

    def expire(self, keep: int) -> tuple[str, ...]:
        """Remove all but this many full backups and what builds on them, and the log that none of
        them needs; return the labels that are gone."""
        ...

    def restore(self, label: str, into: Path) -> None:
        """Put a backup into an empty folder, so that a server started there fetches the log from
        this repository. No recovery target is set: that is for whoever starts the server."""
        ...

    def passing(self, path: str) -> bool:
        """Whether a file of the repository, by its path in it, is not to be sent off-site: because
        it changes, is still being written, or can be made from the others."""
        ...

    def index(self) -> tuple[str, ...]:
        """Paths of the files that change with each backup and without which it cannot be restored:
        they go off-site in the catalog."""
        ...

    def files_of(self, label: str, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these paths, in a repository, that belong to one backup alone."""
        ...

    def segment_of(self, path: str) -> str:
        """The name of the WAL file (24 hexadecimal digits, or a history file's) that a path in the
        repository holds; empty where it is none."""
        ...
