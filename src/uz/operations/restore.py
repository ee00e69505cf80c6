"""`uz restore`: planned first, then into a private place, where it can be looked at."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from uz.backups import PASSPHRASE
from uz.backups.plan import Plan
from uz.backups.target import Target
from uz.errors import (
    BackupError,
    SecretError,
    StoreError,
    UnhealthyError,
    UnreachableError,
    UzError,
)
from uz.operations.backups_of import store_for, wanted_backups
from uz.operations.managed import managed
from uz.operations.place import Place, changing
from uz.operations.workshop import workshop
from uz.secret import Secret
from uz.targets.local.backups.archive_now import archive_now
from uz.targets.local.backups.delivered import DeliveredSecrets
from uz.targets.local.backups.primary import primary_session
from uz.targets.local.backups.restoring import Progress, Restored, Workshop, planned, restored
from uz.targets.local.backups.scratches import own_scratch
from uz.targets.local.backups.sources import OffSite, OnMachine, Source
from uz.targets.local.folders import folder
from uz.targets.local.keeping import log_in
from uz.targets.local.users import isolated

LATELY = 15.0
"""Seconds that what was written last may take until it is archived, before a plan is made."""


@dataclass(frozen=True)
class Choice:
    """How a target will be reached: with what, from where, by which plan."""

    shop: Workshop
    source: Source
    plan: Plan


def opened(place: Place, command: str, progress: Progress) -> Workshop:
    """What restores of a place are done with.

    Raises UzError where there is no database, no [backups], or the passphrase cannot be had.
    """
    wanted_backups(place)
    if place.spec.database is None:
        raise UzError(
            "uz.toml has no [database]: there is none to restore",
            hint="Files, Redis and secrets come back with `uz recover`, on an empty machine.",
        )
    return workshop(place, passphrase(place, command, progress))


def passphrase(place: Place, command: str, progress: Progress) -> Secret:
    """What the backups are encrypted with: as it was delivered, or asked of the secrets manager,
    which is started where it is Uz's own and down. Raises SecretError."""
    try:
        return DeliveredSecrets(place.layout).read(PASSPHRASE)
    except SecretError:
        pass
    try:
        found = log_in(place.layout, place.spec, place.project).read(PASSPHRASE)
    except UnreachableError:
        if not place.spec.secrets.embedded:
            raise
        with changing(place.layout, command):
            found = managed(place, progress).source.read(PASSPHRASE)
    if found is None:
        raise SecretError(
            f"{PASSPHRASE}: the secrets manager does not have it",
            hint="It is in the recovery kit: `uz secrets recover` puts it back.",
        )
    return found


def sources(place: Place, shop: Workshop, scratch: Path, *, offsite: bool) -> Iterator[Source]:
    """Where backups of a place are, the nearest first; `offsite`: nothing of this machine."""
    if not offsite:
        yield OnMachine(
            place.layout.repositories,
            lambda one: shop.engine(one.database, scratch / one.id),
        )
    if offsite or wanted_backups(place).offsite is not None:
        yield OffSite(store_for(place))


def choose(
    place: Place, shop: Workshop, target: Target, scratch: Path, *, offsite: bool = False
) -> Choice:
    """Plan from the nearest place that has all of it, with no backup passed over.

    Raises BackupError with why the target cannot be reached.
    """
    choices: list[Choice] = []
    errors: list[UzError] = []
    for source in sources(place, shop, scratch, offsite=offsite):
        try:
            made = Choice(shop, source, planned(shop, source, target))
        except (BackupError, StoreError) as error:
            errors.append(error)
            continue
        if not made.plan.passed_over:
            return made
        choices.append(made)
    if choices:
        return max(choices, key=lambda one: (one.plan.reaches, -len(one.plan.passed_over)))
    raise _worst(errors)


def _worst(errors: Sequence[UzError]) -> UzError:
    """What to tell where nothing leads there: what the last place says, unless it is silent."""
    telling = [one for one in errors if isinstance(one, BackupError)]
    silent = [one for one in errors if isinstance(one, StoreError)]
    if telling and silent:
        return BackupError(f"{telling[-1]}\nOff-site: {silent[-1]}", hint=telling[-1].hint)
    return telling[-1] if telling else errors[-1]


@contextmanager
def planning(
    place: Place, target: Target, command: str, progress: Progress, *, offsite: bool = False
) -> Iterator[tuple[Choice, Path]]:
    """A plan, and a folder of its own for the restore; both are gone when the block ends."""
    with own_scratch(place.layout) as scratch:
        folder(scratch, 0o711 if isolated() else 0o700)
        if not offsite:
            _archived(place)
        shop = opened(place, command, progress)
        yield choose(place, shop, target, scratch, offsite=offsite), scratch


def _archived(place: Place) -> None:
    """Have what was written last in the repository, where the database runs and archives."""
    if place.spec.database is None or place.environment.supervisor.pid() is None:
        return
    with suppress(UnhealthyError, BackupError):  # the plan says until when it reaches
        archive_now(primary_session(place.environment), LATELY)


def restore_privately(
    place: Place,
    choice: Choice,
    scratch: Path,
    progress: Progress,
    look: Callable[[Restored], int],
) -> tuple[int, Restored]:
    """Restore beside, let somebody look at it, and remove it; return what the look returned."""
    within = wanted_backups(place).timeout.total_seconds()
    with restored(
        choice.shop, choice.source, choice.plan, scratch / "restored",
        promote=True, within=within, progress=progress,
    ) as made:  # fmt: skip
        return look(made), made
