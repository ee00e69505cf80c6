"""An environment made again: from its repository of code, what is off-site, and the recovery kit.

The drill and `uz recover` both do this, and nothing else, so that what is tried every week is what
is done on the day.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from uz.backups.catalog import Catalog
from uz.backups.finding import Finding
from uz.backups.inventory import Inventory
from uz.backups.plan import Plan
from uz.backups.shipment import FILES
from uz.backups.store import Store
from uz.backups.tally import unsealed
from uz.backups.target import Target
from uz.errors import BackupError, SecretError
from uz.operations.place import Place
from uz.operations.workshop import workshop
from uz.secret import Secret
from uz.targets.local.backups.fetching import fetched_files
from uz.targets.local.backups.files import RestoredFiles, restore_files
from uz.targets.local.backups.private_server import PrivateServer
from uz.targets.local.backups.recovering import (
    Recovery,
    begin,
    discard,
    finish,
    openbao_made,
    recover_app,
    recover_further,
    recover_redis,
    recover_secrets,
)
from uz.targets.local.backups.recovering_database import recover_database
from uz.targets.local.backups.restoring import planned, restored
from uz.targets.local.backups.sources import OffSite
from uz.targets.local.backups.tallying import compared
from uz.targets.local.one_run import Origin, Progress
from uz.targets.local.recovery import Kit
from uz.targets.local.up import up


@dataclass(frozen=True)
class Remake:
    """What an environment is made from, and the place where it is to be.

    `kit` is None where the secrets are in a manager of the user's own. `chosen`: how `target` is
    reached, where that was decided. `first`: stop there on the way. `inspect` is called with the
    database restored to `first`, and has to bring it to `target`. `found` is told what came of
    comparing the files. `outside`: put folders outside of the environment back.
    """

    place: Place
    store: Store
    passphrase: Secret
    kit: Kit | None
    target: Target
    chosen: Plan | None = None
    first: Target | None = None
    inspect: Callable[[PrivateServer, Plan], None] = lambda _server, _plan: None
    found: Callable[[Finding], None] = lambda _finding: None
    outside: bool = False
    origin: Origin | None = None
    phases: dict[str, float] = field(default_factory=dict)


def remake(what: Remake, progress: Progress) -> tuple[str, ...]:
    """Bring the environment up with its data; return what the user should know, a line each.

    The caller holds the environment. Until its data is whole there is nothing in its place. Raises
    UzError.
    """
    place = what.place
    recovery = Recovery(place.layout, place.spec, place.stack)
    with timed(what.phases, "begin"):
        begin(recovery, what.kit)
    try:
        notes = _data(what, recovery, progress)
        with timed(what.phases, "finish"):
            finish(recovery, what.kit)
    except BaseException:
        discard(recovery)
        raise
    with timed(what.phases, "up"):
        up(
            place.layout, place.spec, place.stack, place.machine, place.project,
            progress=progress, origin=what.origin,
            parent=what.origin.spec.environment if what.origin else "",
        )  # fmt: skip
    return notes


def _data(what: Remake, recovery: Recovery, progress: Progress) -> tuple[str, ...]:
    source = OffSite(what.store)
    with timed(what.phases, "plan"):
        found = source.found()
        catalog = _catalog(found, what.target)
    progress("files", f"of the backup of {catalog.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    with _openbao(what, recovery) as take, ThreadPoolExecutor(1) as beside:
        files = beside.submit(_files, what, recovery, catalog, take)  # no need of the database
        if what.place.spec.database is not None:
            _database(what, recovery, source, progress)
        with timed(what.phases, "files"):
            same, notes = files.result()
    what.found(same)
    return notes


def _catalog(found: tuple[Inventory, ...], target: Target) -> Catalog:
    """The newest there is, or the newest that is not after the target."""
    known = sorted((c for one in found for c in one.catalogs), key=lambda one: one.taken_at)
    if not known:
        raise BackupError(
            "there is no complete backup off-site",
            hint="Is it the right bucket, and prefix? `uz.toml` names them in [backups].",
        )
    before = [one for one in known if target.at is None or one.taken_at <= target.at]
    return before[-1] if before else known[0]


def _files(
    what: Remake, recovery: Recovery, catalog: Catalog, take: Callable[[Path], None] | None
) -> tuple[Finding, tuple[str, ...]]:
    into = recovery.scratch / "restored"
    wanted = {path: size for path, size in catalog.files.items() if path.startswith(FILES)}
    if not catalog.snapshot:
        raise BackupError(
            f"{catalog.key}: names no snapshot of the files",
            hint="Choose a moment before or after that backup: `uz recover --to`.",
        )
    fetched_files(what.store, catalog.repository, wanted, recovery.scratch / "fetched")
    found = restore_files(
        recovery.scratch / "fetched" / FILES.rstrip("/"), what.passphrase, catalog.snapshot, into
    )
    same = _compared(what, catalog, into)
    if take is not None:
        take(_of_openbao(found, catalog))
    return same, _put(what, recovery, found)


def _compared(what: Remake, catalog: Catalog, into: Path) -> Finding:
    if not catalog.tally:
        return Finding("files", False, "they were not counted when this backup was taken")
    try:
        return compared(unsealed(what.passphrase, catalog.tally), into)
    except BackupError as error:
        return Finding("files", False, str(error))


def _openbao(
    what: Remake, recovery: Recovery
) -> AbstractContextManager[Callable[[Path], None] | None]:
    """What takes the secrets manager's backup; None where the secrets lie elsewhere."""
    if not what.place.spec.secrets.embedded:
        return nullcontext()
    if what.kit is None:
        raise SecretError("the secrets manager cannot come back without the recovery kit")
    return openbao_made(recovery, what.kit)


def _of_openbao(found: RestoredFiles, catalog: Catalog) -> Path:
    if found.openbao is None:
        raise BackupError(
            f"the files of {catalog.key} have nothing of the secrets manager",
            hint="It was down, or closed to Uz, when they were taken. Choose a backup from"
            " before: `uz recover --to`.",
        )
    return found.openbao


def _put(what: Remake, recovery: Recovery, found: RestoredFiles) -> tuple[str, ...]:
    if found.secrets:
        recover_secrets(recovery, found.secrets)
    if found.redis and what.place.spec.redis:
        recover_redis(recovery, found.redis)
    if found.app:
        recover_app(recovery, found.app)
    return recover_further(found.further) if what.outside else ()


def _database(what: Remake, recovery: Recovery, source: OffSite, progress: Progress) -> None:
    place = what.place
    shop = workshop(place, what.passphrase)
    chosen = what.chosen or planned(shop, source, what.target)
    scratch = recovery.scratch / "database"
    with restored(
        shop, source, chosen, scratch,
        until=what.first, promote=what.first is None, durable=True, progress=progress,
    ) as made:  # fmt: skip
        what.inspect(made.server, made.plan)
        made.server.stop()
        add(what.phases, made.seconds)
        recover_database(recovery, made.data, place.machine)


@contextmanager
def timed(phases: dict[str, float], name: str) -> Iterator[None]:
    """Add how long the block took, in seconds, to a phase."""
    begun = time.monotonic()
    try:
        yield
    finally:
        phases[name] = round(phases.get(name, 0.0) + time.monotonic() - begun, 3)


def add(phases: dict[str, float], more: Mapping[str, float]) -> None:
    """Add to each phase what it took elsewhere, in seconds."""
    for name, seconds in more.items():
        phases[name] = phases.get(name, 0.0) + seconds
