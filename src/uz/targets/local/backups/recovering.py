"""An environment made again from its backups: beside its place, and moved there when it is whole.

All is put together in the folder ENVIRONMENT.recovering. One rename makes it the environment, so
that there is never half of one: what a killed run left is removed by the next. `uz up` does the
rest, which is all that is not data.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from uz.backups import PASSPHRASE
from uz.components.openbao import NAME as OPENBAO
from uz.errors import BackupError, MachineError, SecretError
from uz.secret import FileSecrets
from uz.spec import Spec
from uz.stack import Owner, Stack
from uz.targets.local.backups.moving import move, owned
from uz.targets.local.backups.openbao_snapshot import new_openbao, put_openbao
from uz.targets.local.backups.private_openbao import private_openbao
from uz.targets.local.backups.private_server import end_leftovers
from uz.targets.local.backups.redis_snapshot import put_redis
from uz.targets.local.bootstrap import Bootstrap, bootstrap_path, read_bootstrap
from uz.targets.local.folders import disk_errors, folder, refuse_symlink, write
from uz.targets.local.layout import Layout
from uz.targets.local.memory import forget
from uz.targets.local.prepare import prepare
from uz.targets.local.recovery import Kit
from uz.targets.local.users import isolated, user_of
from uz.waiting import met

SUFFIX = ".recovering"
ENDS = 10.0
"""Seconds in which what a killed recovery had started ends."""


@dataclass(frozen=True)
class Recovery:
    """One recovery: the environment that is to be, and the folder beside where it is made."""

    layout: Layout
    spec: Spec
    stack: Stack

    @property
    def beside(self) -> Layout:
        """Where it is put together."""
        return replace(self.layout, environment=f"{self.layout.environment}{SUFFIX}")

    @property
    def scratch(self) -> Path:
        """Where backups are fetched and restored to: on the same disk, and gone in the end."""
        return self.beside.root / "scratch"


def begin(recovery: Recovery, kit: Kit | None) -> None:
    """Make the folders beside; what a killed run left there is removed.

    The caller holds the environment. Raises BackupError where there is an environment already,
    SecretError where there is another bootstrap credential than the kit's.
    """
    refuse_occupied(recovery, kit)
    discard(recovery)
    prepare(recovery.beside, recovery.stack)
    folder(recovery.scratch, 0o711 if isolated() else 0o700)


def refuse_occupied(recovery: Recovery, kit: Kit | None) -> None:
    """Raise where anything is in the environment's place."""
    layout = recovery.layout
    refuse_symlink(layout.root)
    with disk_errors(layout.root):
        occupied = layout.root.exists() and any(layout.root.iterdir())
    if occupied:
        raise BackupError(
            f"{layout.root}: there is an environment already, and nothing is recovered over it",
            hint="If it was recovered just now, `uz up` brings it up. `uz restore` puts a running"
            " one back; to begin anew, move this folder away.",
        )
    there = read_bootstrap(bootstrap_path(layout, recovery.spec))
    if kit is not None and there is not None and there.secret != kit.bootstrap:
        raise SecretError(
            f"{bootstrap_path(layout, recovery.spec)}: there is another bootstrap credential"
            " than in the recovery kit",
            hint="Move it away first, if it is the wrong one.",
        )


def discard(recovery: Recovery) -> None:
    """Remove what is beside: of a recovery that failed, or was killed, with a database that it
    left running. Raises MachineError."""
    root = recovery.beside.root
    refuse_symlink(root)
    end_leftovers(root)
    forget(recovery.beside)
    met(lambda: _removed(root), ENDS)
    with disk_errors(root):
        if root.exists():
            shutil.rmtree(root)


def _removed(root: Path) -> bool:
    """Remove it, and say whether it stays so: what was killed may write a moment longer."""
    shutil.rmtree(root, ignore_errors=True)
    return not root.exists()


@contextmanager
def openbao_made(recovery: Recovery, kit: Kit) -> Iterator[Callable[[Path], None]]:
    """Make a new secrets manager; with the snapshot that is given it becomes the old one.

    Making it goes on beside the caller. Raises BackupError where the kit does not open the
    snapshot, or its passphrase is not the kit's.
    """
    beside, spec, bootstrap = recovery.beside, recovery.spec, Bootstrap(kit.bootstrap)
    with (
        private_openbao(beside, spec, recovery.stack, bootstrap) as server,
        ThreadPoolExecutor(1) as maker,
    ):
        root = maker.submit(new_openbao, beside, spec)

        def take(snapshot: Path) -> None:
            source = put_openbao(
                beside, spec, bootstrap, root.result(), snapshot, server.start_again
            )
            if source.read(PASSPHRASE) != kit.backup_passphrase:
                raise BackupError(
                    "the secrets manager's backup is of another environment than the recovery kit:"
                    " the passphrase of the backups is another one",
                    hint="Is the bucket the right one, and its prefix?",
                )
            server.process.close()

        yield take


def recover_secrets(recovery: Recovery, file: Path) -> None:
    """Put the secrets of `manager = "file"` in place. Raises SecretError where they are damaged."""
    FileSecrets(file).names()
    with disk_errors(file):
        write(recovery.beside.secrets, file.read_bytes())


def recover_redis(recovery: Recovery, file: Path) -> None:
    """Put Redis's data in place; its replicas copy it. Raises BackupError."""
    put_redis(file, recovery.beside.data / "redis")


def recover_app(recovery: Recovery, folder: Path) -> None:
    """Put the app's files in place, and give them to the app's user. Raises MachineError."""
    app = user_of(Owner.APP)
    place = recovery.beside.data / "app"
    with disk_errors(place):
        if place.exists():
            place.rmdir()
        move(folder, place)
    owned(place, app)
    with disk_errors(place):
        place.chmod(0o700)


def recover_further(folders: Mapping[str, Path]) -> tuple[str, ...]:
    """Put further folders back where they were; return what the user should know, a line each.

    Where there is something already it is left as it is. Owners are as their numbers were.
    """
    told = []
    for where, path in folders.items():
        place = Path(where)
        with disk_errors(place):
            if place.is_dir() and not place.is_symlink() and not any(place.iterdir()):
                place.rmdir()
            if os.path.lexists(place):
                told.append(f"{where}: holds something already, and is left as it is")
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            move(path, place)
    return tuple(told)


def finish(recovery: Recovery, kit: Kit | None) -> None:
    """Make it the environment, in one step: `uz up` brings it up then.

    The bootstrap credential goes first: alone it is what a machine has before its first `uz up`.
    Raises MachineError.
    """
    layout, beside = recovery.layout, recovery.beside
    if recovery.spec.secrets.embedded and not any((beside.data / OPENBAO).iterdir()):
        raise BackupError(
            "the secrets manager was not recovered, and all else depends on it",
            hint="Choose a backup that has it: `uz recover --to` an earlier moment.",
        )
    refuse_occupied(recovery, kit)
    _tidy(beside)
    os.sync()
    if kit is not None:
        path = bootstrap_path(layout, recovery.spec)
        write(path, kit.bootstrap.reveal() + b"\n", 0o400)
    with disk_errors(layout.root):
        if layout.root.exists():
            layout.root.rmdir()
        beside.root.rename(layout.root)
        descriptor = os.open(layout.app_folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _tidy(beside: Layout) -> None:
    """Leave data only: all else is made by `uz up`, with the names of the environment itself."""
    forget(beside)
    with disk_errors(beside.root):
        beside.credentials.unlink(missing_ok=True)
        beside.openbao_authority.unlink(missing_ok=True)
        for path in (beside.run, beside.config, beside.logs, beside.root / "scratch"):
            shutil.rmtree(path, ignore_errors=True)
        if (beside.root / "scratch").exists():
            raise MachineError(
                f"{beside.root / 'scratch'}: cannot be removed",
                hint="Is something in it in use, or mounted? `lsof +D` tells. Then run it again.",
            )
