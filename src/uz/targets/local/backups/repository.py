"""The repository on this machine: what was backed up and may not have left it yet."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from uz.errors import BackupError
from uz.stack import Owner
from uz.targets.local.folders import disk_errors, folder, write
from uz.targets.local.layout import Layout
from uz.targets.local.users import user_of

CURRENT = "current"


@dataclass(frozen=True)
class Repository:
    """One folder. A new database, or a recovered one, begins a new one, so that nothing off-site
    is ever written twice."""

    folder: Path

    @property
    def id(self) -> str:
        """Its name, which is also the first part of its keys off-site."""
        return self.folder.name

    @property
    def database(self) -> Path:
        """The engine's: backups and log of the database. The servers' user writes there."""
        return self.folder / "database"

    @property
    def files(self) -> Path:
        """restic's: files, Redis, the secrets manager. The operator writes there."""
        return self.folder / "files"

    @property
    def catalogs(self) -> Path:
        """What goes off-site when all it names is there."""
        return self.folder / "catalogs"

    @property
    def points(self) -> Path:
        """Recorded restore points, sealed."""
        return self.folder / "points"


def current_repository(layout: Layout) -> Repository:
    """The repository that backups go to. Raises BackupError where there is none yet."""
    path = layout.repositories / CURRENT
    try:
        name = path.read_text().strip()
    except OSError as error:
        raise BackupError(
            f"{layout.app}/{layout.environment}: nothing is backed up yet",
            hint="Write [backups] into uz.toml; `uz up` makes the repository.",
        ) from error
    if not name.isalnum():
        raise BackupError(f"{path}: damaged", hint="Remove this file: `uz up` begins anew.")
    return Repository(layout.repositories / name)


def prepare_repository(layout: Layout, *, anew: bool = False) -> Repository:
    """Make the repository where there is none; `anew`: begin another one. Raises MachineError."""
    servers, own = user_of(Owner.SERVERS), os.geteuid()
    with disk_errors(layout.repositories):
        folder(layout.repositories, 0o710, own, servers.gid)
        path = layout.repositories / CURRENT
        if anew or not path.exists():
            write(path, secrets.token_hex(8) + "\n", 0o640, own, servers.gid)
        found = current_repository(layout)
        folder(found.folder, 0o710, own, servers.gid)
        folder(found.database, 0o700, servers.uid, servers.gid)
        for one in (found.files, found.catalogs, found.points):
            folder(one, 0o700)
    return found
