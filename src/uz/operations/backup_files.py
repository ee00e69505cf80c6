"""The part of a backup that is not in the database: files, Redis, the secrets manager."""

from uz.backups import PASSPHRASE
from uz.backups.restic import Restic
from uz.errors import SecretError
from uz.operations.place import Place
from uz.secret import SecretSource
from uz.targets.local.backups.delivered import DeliveredSecrets
from uz.targets.local.backups.files import FilesTaken, back_up_files
from uz.targets.local.backups.repository import Repository
from uz.targets.local.keeping import log_in


def taken_files(place: Place, repository: Repository) -> FilesTaken:
    """Take a snapshot; where the secrets manager does not let Uz in, of all but its data, and that
    is said. Raises BackupError, MachineError."""
    source: SecretSource
    missing: tuple[str, ...] = ()
    try:
        source = log_in(place.layout, place.spec, place.project)
    except SecretError as error:
        source = DeliveredSecrets(place.layout)
        missing = (f"the secrets manager: {error}",)
    return back_up_files(place.layout, place.spec, repository, source, missing)


def restic_of(place: Place, repository: Repository) -> Restic:
    """The repository of files, opened with what was delivered. Raises SecretError."""
    return Restic(repository.files, DeliveredSecrets(place.layout).read(PASSPHRASE))


def pruned_files(place: Place, repository: Repository, keep: int) -> None:
    """Remove old snapshots here, all of which are off-site; the caller holds the backups."""
    if (repository.files / "config").exists():
        restic_of(place, repository).expire(keep)
