"""`uz recover`: from an empty machine to the app serving, by code, off-site store and kit."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from uz.backups import PASSPHRASE
from uz.backups.finding import Finding
from uz.backups.plan import Plan
from uz.backups.sealing import unseal
from uz.backups.shipment import POINTS
from uz.backups.store import Store
from uz.backups.target import Target
from uz.errors import BackupError, SecretError, StoreRefusedError, UzError
from uz.operations.backups_of import wanted_backups
from uz.operations.place import Place, changing
from uz.operations.remaking import Remake, remake
from uz.operations.workshop import workshop
from uz.secret import FileSecrets, Secret
from uz.spec import ManagerKind
from uz.targets.local.backups.recovering import Recovery, refuse_occupied
from uz.targets.local.backups.restoring import planned
from uz.targets.local.backups.sources import OffSite
from uz.targets.local.backups.store_of import ACCESS, SECRET, prefix_of, store_of
from uz.targets.local.keeping import log_in
from uz.targets.local.one_run import Progress
from uz.targets.local.prepare import prepare_top
from uz.targets.local.recovery import Kit, kit_in

TRIED = 3
"""Restore points that are tried with the passphrase: one may be damaged."""


@dataclass(frozen=True)
class Known:
    """What a recovery starts from."""

    store: Store
    passphrase: Secret
    kit: Kit | None


@dataclass(frozen=True)
class Recovered:
    """What a recovery did; seconds by phase."""

    phases: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return sum(self.phases.values())


def known_from(place: Place, text: str | None) -> Known:
    """The store and what opens it: from the text of a recovery kit, or from the secrets manager
    where that is one of the user's own. Raises UzError."""
    if wanted_backups(place).embedded:
        raise BackupError(
            'backups.offsite = "embedded": that store was on the machine, and is lost with it',
            hint='Backups that outlive the machine need offsite = "s3://BUCKET".',
        )
    layout, spec, project = place.layout, place.spec, place.project
    store = store_of(layout, spec, project, FileSecrets(layout.secrets), "reader")
    if not spec.secrets.embedded:
        return Known(store, _from_manager(place), None)
    if text is None:
        raise SecretError(
            "the recovery kit is missing: without it nothing can be decrypted",
            hint="`uz recover --kit FILE`; one that ends with .age is decrypted first.",
        )
    kit = kit_in(text, layout)
    if not kit.backup_passphrase.reveal():
        raise SecretError(
            "the recovery kit has no passphrase of backups: it is from before there were any",
            hint="Look for one that was made later. Where the environment still runs,"
            " `uz secrets kit --to FILE` makes one.",
        )
    return Known(store, kit.backup_passphrase, kit)


def _from_manager(place: Place) -> Secret:
    if place.spec.secrets.manager is ManagerKind.FILE:
        raise UzError(
            'secrets.manager = "file" has no recovery kit: what it kept is lost with the machine',
            hint="It is for development. Leave secrets.manager out, and keep the recovery kit.",
        )
    found = log_in(place.layout, place.spec, place.project).read(PASSPHRASE)
    if found is None:
        raise SecretError(
            f"{PASSPHRASE}: not in the secrets manager",
            hint="Is it the one that has this environment's secrets? [secrets] in uz.toml names"
            " it, and the place in it.",
        )
    return found


def plan_recovery(place: Place, known: Known, target: Target) -> Plan | None:
    """What would be restored of the database; None where there is none. Raises UzError."""
    refuse_occupied(Recovery(place.layout, place.spec, place.stack), known.kit)
    if place.spec.database is None:
        return None
    source = OffSite(known.store)
    with _as_reader():
        try:
            made = planned(workshop(place, known.passphrase), source, target)
        except BackupError as error:
            if any(one.catalogs or one.damaged for one in source.found()):
                raise
            raise BackupError(
                f"there is no complete backup off-site, at {prefix_of(place.spec)}",
                hint="Is it the right bucket, and prefix? `uz.toml` names them in [backups].",
            ) from error
        _opens(place, known, source, made.repository)
    return made


def _opens(place: Place, known: Known, source: OffSite, repository: str) -> None:
    """Raise BackupError where the passphrase opens none of the restore points, before all is
    fetched. Those that came there first are tried: no stranger adds one before them."""
    points = sorted(
        (there.at, path)
        for one in source.found()
        for path, there in one.files.items()
        if one.repository == repository and path.startswith(POINTS)
    )
    for _, path in points[:TRIED]:
        with suppress(BackupError):
            unseal(known.passphrase, known.store.read(f"{repository}/{path}"))
            return
    if points:
        whose = "in the recovery kit" if known.kit else f"{PASSPHRASE} in the secrets manager"
        raise BackupError(
            f"the passphrase {whose} does not open what is off-site, at {prefix_of(place.spec)}"
            f"{repository}",
            hint="Is the kit of this environment, and not of one before it that had the same name?"
            " Is it the right bucket, and prefix? `uz.toml` names them in [backups].",
        )


def recover(
    place: Place, known: Known, target: Target, command: str, progress: Progress
) -> Recovered:
    """Make the environment again and bring it up; it begins a new repository of backups.

    What a killed run left is removed by the next. Raises UzError.
    """
    prepare_top(place.layout)
    with changing(place.layout, command):
        phases: dict[str, float] = {}
        looks: list[Finding] = []
        what = Remake(
            place, known.store, known.passphrase, known.kit, target,
            outside=True, found=looks.append, phases=phases,
        )  # fmt: skip
        with _as_reader():
            notes = remake(what, progress)
    wrong = (f"{one.name}: {one.detail}" for one in looks if not one.held)
    return Recovered(phases, (*notes, *wrong))


@contextmanager
def _as_reader() -> Iterator[None]:
    """Where the store refuses, it is these keys that it refuses, and not those of `uz.toml`."""
    try:
        yield
    except StoreRefusedError as error:
        raise StoreRefusedError(
            str(error),
            hint=f"{ACCESS} and {SECRET} are what it was asked with: `uz backup policy reader`"
            " prints what they have to be allowed.",
        ) from error
