"""Which repository and which backup a target is restored from, and why no newer one."""

from collections.abc import Iterable, Sequence
from datetime import UTC, timedelta

from uz.backups.backup import Backup
from uz.backups.catalog import Catalog
from uz.backups.inventory import DATABASE, Inventory, Log, Naming, inside
from uz.backups.target import Aim, Target, told
from uz.backups.wal import first_missing, name_of, number_of, timeline_of
from uz.errors import BackupError

SEVERAL = 5
"""Problems that are told; what follows is rarely another one."""
LIST_HINT = "`uz backup list` shows what there is."


def responsible(found: Sequence[Inventory], target: Target) -> Inventory:
    """The repository that holds a target: the newest that goes back as far.

    Raises BackupError where none does, and says what the earliest moment is.
    """
    known = [one for one in found if one.backups()]
    if not known:
        damaged = [line for one in found for line in one.damaged]
        raise BackupError(
            "there is no backup to restore"
            + "".join(f"\n    {line}" for line in damaged[:SEVERAL]),
            hint="`uz backup now` takes one.",
        )
    if target.aim is Aim.BACKUP:
        known = [one for one in known if target.name in {each.label for each, _ in one.backups()}]
        if not known:
            raise BackupError(f"there is no backup {target.name!r}", hint=LIST_HINT)
    if target.at is None:
        return known[0]
    for one in known:
        if one.backups()[-1][0].ended <= target.at:
            return one
    earliest = min(one.backups()[-1][0].ended for one in known)
    whole = (earliest + timedelta(seconds=1)).astimezone(UTC)
    raise BackupError(
        f"{told(target.at)} is before the first backup, which ended at {told(earliest)}",
        hint=f"The earliest that can be restored is --to {whole:%Y-%m-%dT%H:%M:%SZ}",
    )


def newer(found: Sequence[Inventory], chosen: Inventory) -> Iterable[str]:
    """Why what was written last is not there: it is in a repository without any backup."""
    for one in found:
        last = max((each.at for each in one.files.values()), default=None)
        if one.unused and last and chosen.newest and last > chosen.newest:
            yield f"{one.unused}, and what was written until {told(last)} is in it"


def chosen(
    inventory: Inventory, log: Log, target: Target, naming: Naming
) -> tuple[Backup, Catalog, tuple[str, ...]]:
    """The newest backup that is whole and not after the target, and why newer ones are not.

    Raises BackupError where none is.
    """
    problems = [f"a catalog is damaged: {line}" for line in inventory.damaged]
    for backup, catalog in inventory.backups():
        if target.aim is Aim.BACKUP and backup.label != target.name:
            continue
        if target.at and backup.ended > target.at:
            continue
        problem = _problem(inventory, log, backup, catalog, naming)
        if not problem:
            return backup, catalog, tuple(problems)
        problems.append(f"backup {backup.label}: {problem}")
    raise BackupError(
        "no backup is whole that could be used:"
        + "".join(f"\n    {line}" for line in problems[:SEVERAL]),
        hint=LIST_HINT,
    )


def _problem(
    inventory: Inventory, log: Log, backup: Backup, catalog: Catalog, naming: Naming
) -> str:
    """Why a backup cannot be used; nothing where it can."""
    unknown = [one for one in backup.needs if one not in {each.label for each in catalog.backups}]
    if unknown:
        return f"needs {', '.join(unknown)}, of which nothing is known"
    wanted = files_for(catalog, backup, naming)
    if not wanted:
        return "the catalog names none of its files"
    there = {path: inventory.files[path].size for path in wanted if path in inventory.files}
    wrong = [
        f"{path} {f'has {there[path]} bytes instead of {size}' if path in there else 'is missing'}"
        for path, size in sorted(wanted.items())
        if there.get(path) != size
    ]
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return wrong[0] + more
    first, last = number_of(backup.first_wal), number_of(backup.last_wal)
    gap = first_missing(log.segments, first, last)
    if gap is not None:
        return f"its log file {name_of(timeline_of(backup.first_wal), gap)} is missing"
    return ""


def files_for(catalog: Catalog, backup: Backup, naming: Naming) -> dict[str, int]:
    """The files of a backup and of those it builds on, with their sizes."""
    paths = tuple(inside(path) for path in catalog.files if path.startswith(DATABASE))
    labels: Iterable[str] = (*backup.needs, backup.label)
    own = {path for label in labels for path in naming.files_of(label, paths)}
    return {f"{DATABASE}{path}": catalog.files[f"{DATABASE}{path}"] for path in sorted(own)}
