"""The engine of an app without a database: there is nothing for it to do."""

from pathlib import Path

from uz.backups.backup import Backup, BackupKind
from uz.backups.engine import Server
from uz.errors import BackupError


class NoDatabase:
    """Backs nothing up, and knows no file."""

    def prepare(self, server: Server) -> None:
        """Nothing to prepare."""

    def back_up(self, server: Server, kind: BackupKind) -> Backup:  # noqa: ARG002
        """Raises BackupError: there is no database."""
        raise BackupError("uz.toml has no [database] to back up")

    def backups(self) -> tuple[Backup, ...]:
        """None."""
        return ()

    def verify(self) -> tuple[str, ...]:
        """Nothing is wrong with nothing."""
        return ()

    def expire(self, keep: int) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing is old."""
        return ()

    def restore(self, label: str, into: Path) -> None:  # noqa: ARG002
        """Raises BackupError: there is no such backup."""
        raise BackupError(f"there is no backup {label!r}: uz.toml has no [database]")

    def passing(self, path: str) -> bool:  # noqa: ARG002
        """Nothing of a database is to be sent."""
        return True

    def index(self) -> tuple[str, ...]:
        """None."""
        return ()

    def files_of(self, label: str, paths: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002
        """None."""
        return ()

    def segment_of(self, path: str) -> str:  # noqa: ARG002
        """None."""
        return ""
