"""An engine of small files, for tests of what stands on an Engine: nothing is restored from it.

Paths are as simple as can be: `backup/LABEL/…`, `log/NAME-x`, and the index is `index`.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from uz.backups.backup import Backup, BackupKind
from uz.backups.engine import Server
from uz.backups.wal import name_of, number_of
from uz.errors import BackupError

SERVER = Server(Path("/nowhere"), Path("/nowhere"), 0)


@dataclass
class PaperEngine:
    """Takes backups of nothing into a folder. `expired` has what was asked for."""

    folder: Path
    expired: list[int] = field(default_factory=list)
    asked: int = 0
    problems: tuple[str, ...] = ()

    def log(self, first: int, last: int | None = None, *, timeline: int = 1) -> None:
        """Log files of these numbers."""
        for number in range(first, (first if last is None else last) + 1):
            self.write(f"log/{name_of(timeline, number)}-x", f"log {timeline} {number}")

    def take(self, label: str, ended: datetime, number: int, *needs: str) -> Backup:
        """A whole backup, whose log is one file of this number."""
        kind = BackupKind.DIFFERENTIAL if needs else BackupKind.FULL
        segment = name_of(1, number)
        backup = Backup(label, kind, ended, ended, needs, segment, segment, 100, 10, "7", 15)
        for part in ("bundle", "backup.manifest"):
            self.write(f"backup/{label}/{part}", f"{label} {part}")
        self._keep([*self.backups(), backup])
        return backup

    def write(self, path: str, text: str) -> None:
        """A file of the repository."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def _keep(self, backups: list[Backup]) -> None:
        rows = [asdict(one) for one in backups]
        self.write("index", json.dumps(rows, default=lambda value: value.isoformat()))

    def prepare(self, server: Server) -> None:
        """Nothing to prepare."""

    def back_up(self, server: Server, kind: BackupKind) -> Backup:  # noqa: ARG002
        """A backup at the end of the log."""
        last = max((number_of(one.name[:24]) for one in self.folder.glob("log/*")), default=0)
        self.log(last + 1)
        known = self.backups()
        full = [one.label for one in known if one.kind is BackupKind.FULL][-1:]
        needs = full if kind is not BackupKind.FULL else []
        return self.take(f"b{len(known):03}", datetime.now().astimezone(), last + 1, *needs)

    def backups(self) -> tuple[Backup, ...]:
        """What the index says."""
        self.asked += 1
        try:
            rows = json.loads((self.folder / "index").read_text())
        except FileNotFoundError:
            return ()
        except ValueError as error:
            raise BackupError("no index") from error
        return tuple(
            Backup(
                **one
                | {name: datetime.fromisoformat(one[name]) for name in ("started", "ended")}
                | {"kind": BackupKind(one["kind"]), "needs": tuple(one["needs"])}
            )
            for one in rows
        )

    def verify(self) -> tuple[str, ...]:
        """What the test wants to be wrong."""
        return self.problems

    def expire(self, keep: int) -> tuple[str, ...]:
        """Remove all but the newest, and what builds on what goes."""
        self.expired.append(keep)
        full = [one.label for one in self.backups() if one.kind is BackupKind.FULL]
        gone = set(full[:-keep])
        left = [one for one in self.backups() if not gone & {one.label, *one.needs}]
        labels = [one.label for one in self.backups() if one not in left]
        for label in labels:
            for path in (self.folder / "backup" / label).iterdir():
                path.unlink()
        self._keep(left)
        return tuple(labels)

    def restore(self, label: str, into: Path) -> None:  # noqa: ARG002
        """There is nothing to restore."""
        raise BackupError(label)

    def passing(self, path: str) -> bool:
        """The index, and what is half-written."""
        return path == "index" or path.endswith(".tmp")

    def index(self) -> tuple[str, ...]:
        """One file."""
        return ("index",)

    def files_of(self, label: str, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Files below the label's folder."""
        return tuple(one for one in paths if one.startswith(f"backup/{label}/"))

    def segment_of(self, path: str) -> str:
        """What stands before the hyphen."""
        name = path.removeprefix("log/").partition("-")[0]
        return name if path.startswith("log/") else ""
