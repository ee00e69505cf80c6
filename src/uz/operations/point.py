"""Recording a restore point: what all tables hold at a named place in the log, sealed."""

from pathlib import Path

from uz.backups import PASSPHRASE
from uz.backups.point import Point
from uz.backups.sealing import seal
from uz.errors import SpecError
from uz.operations.place import Place
from uz.secret import Secret
from uz.targets.local.backups.delivered import DeliveredSecrets
from uz.targets.local.backups.pointing import take_point
from uz.targets.local.backups.primary import primary_session
from uz.targets.local.backups.repository import Repository, current_repository
from uz.targets.local.folders import disk_errors, write


def record_point(place: Place) -> Point:
    """Take a restore point of the app's database and leave it, sealed, in the repository: shipping
    takes it off-site. Raises UzError; BackupError where no point can be taken now."""
    if place.spec.database is None or place.spec.backups is None:
        raise SpecError(
            f"{place.layout.app}/{place.layout.environment}: no database is backed up",
            hint="Write [database] and [backups] into uz.toml.",
        )
    repository = current_repository(place.layout)
    passphrase = _passphrase(place)
    point = take_point(primary_session(place.environment), repository.id)
    keep(repository, point, passphrase)
    return point


def keep(repository: Repository, point: Point, passphrase: Secret) -> Path:
    """Write a point into the repository, and return where. Raises MachineError."""
    path = repository.folder.parent / point.key
    with disk_errors(path):
        write(path, seal(passphrase, point.text().encode()), 0o600)
    return path


def _passphrase(place: Place) -> Secret:
    """As it was delivered for shipping, so that the secrets manager need not answer for it."""
    delivered = DeliveredSecrets(place.layout)
    if PASSPHRASE in delivered.names():
        return delivered.read(PASSPHRASE)
    return place.environment.secret(PASSPHRASE)
