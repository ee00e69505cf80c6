"""The restore points that are recorded off-site, and those that a restore can reach."""

from datetime import datetime

from uz.backups.inventory import Inventory, Naming
from uz.backups.point import Point, parse_point
from uz.backups.sealing import unseal
from uz.backups.shipment import POINTS
from uz.backups.store import Store
from uz.errors import BackupError
from uz.secret import Secret


class NoPointError(BackupError):
    """No recorded restore point can be reached: there is none, or its log is not off-site yet."""


SEGMENT = 2**24
"""Bytes of a log file: `initdb`'s default."""


def newest_point(
    store: Store,
    inventory: Inventory,
    naming: Naming,
    passphrase: Secret,
    after: datetime | None = None,
) -> Point:
    """The newest restore point of a repository whose part of the log is there as well.

    `after`: that is later than this, which is when a backup ended; else than any backup. Raises
    NoPointError where there is none, BackupError where one cannot be opened.
    """
    segments = inventory.log(naming).segments
    earliest = after or min((backup.ended for backup, _ in inventory.backups()), default=None)
    keys = sorted((path for path in inventory.files if path.startswith(POINTS)), reverse=True)
    for path in keys:
        point = parse_point(unseal(passphrase, store.read(f"{inventory.repository}/{path}")))
        if earliest is None or point.at < earliest:
            break
        if place_in_log(point.lsn) in segments:
            return point
    raise NoPointError(
        f"none of the {len(keys)} restore points off-site can be reached with the backups there",
        hint="`uz backup point` records one; it has to be later than a backup, and sent off-site.",
    )


def place_in_log(lsn: str) -> int:
    """The number of the log file that ends a record at this place, such as `0/3000110`.

    Raises BackupError where it is no place in the log.
    """
    try:
        high, low = (int(part, 16) for part in lsn.split("/"))
    except ValueError as error:
        raise BackupError(f"{lsn!r} is no place in PostgreSQL's log") from error
    return ((high << 32) + low - 1) // SEGMENT
