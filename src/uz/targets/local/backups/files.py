"""What is not in the database: the app's files, Redis, the secrets manager, further folders.

What Redis and OpenBao hold is staged as files first. Their places say what they are when they come
back, on a machine where the environment may lie elsewhere.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from uz.backups import PASSPHRASE
from uz.backups.restic import Restic
from uz.errors import BackupError, SecretError, UzError
from uz.secret import FileSecrets, Secret, SecretSource, ensure
from uz.spec import Spec
from uz.stack import Owner
from uz.targets.local.backups.openbao_snapshot import FILE as OPENBAO_FILE
from uz.targets.local.backups.openbao_snapshot import take_openbao
from uz.targets.local.backups.redis_snapshot import FILE as REDIS_FILE
from uz.targets.local.backups.redis_snapshot import take_redis
from uz.targets.local.backups.repository import Repository
from uz.targets.local.backups.tallying import tallied
from uz.targets.local.backups.walking import walked
from uz.targets.local.folders import disk_errors, folder, write
from uz.targets.local.layout import Layout
from uz.targets.local.users import user_of

STAGE = "backup-of-services"
"""The folder, always at the same place: then restic compares with the last time."""
SECRETS_FILE = "secrets.json"
ADMIN = "redis/admin"
TAG = "uz-files"
EARLIER = "Choose another backup: `--to` an earlier moment, or a label of `uz backup list`."


@dataclass(frozen=True)
class FilesTaken:
    """A snapshot of the files. `missing` says, a line each, what could not be taken, and why: it
    is partial then. `tally` is what there was, sealed."""

    snapshot: str
    missing: tuple[str, ...] = ()
    tally: str = ""


@dataclass(frozen=True)
class RestoredFiles:
    """Where a snapshot's files lie now; None for what was not in it. `further` is by where they
    were."""

    openbao: Path | None = None
    redis: Path | None = None
    secrets: Path | None = None
    app: Path | None = None
    further: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class _Service:
    """What a service holds: which file or folder of the stage has it, and how it is taken."""

    name: str
    staged: Path
    take: Callable[[], object]


def back_up_files(
    layout: Layout,
    spec: Spec,
    repository: Repository,
    source: SecretSource,
    missing: tuple[str, ...] = (),
) -> FilesTaken:
    """Back up all that is not in the database; the caller is the only one that backs up.

    What cannot be taken, as from an OpenBao that is down, is told, and the rest is taken all the
    same: `source` may be the sealed copy then, and `missing` says that. Raises BackupError where
    nothing was taken, SecretError where there is no passphrase, MachineError where the disk is
    full.
    """
    passphrase = _passphrase(layout, source)
    restic = Restic(repository.files, passphrase, _seconds(spec))
    restic.init()
    with _stage(layout) as stage:
        lacking = [*missing, *_staged(_services(spec, source, stage))]
        further = [Path(one) for one in (spec.backups.files if spec.backups else ())]
        lacking += [f"{one}: is not there" for one in further if not os.path.lexists(one)]
        wanted = dict.fromkeys((stage, layout.data / "app", *further))
        there = [one for one in wanted if os.path.lexists(one)]
        before = walked(there)
        taken = restic.back_up(there, tags=[TAG])
        lacking += [f"{one}: could not be read" for one in taken.unread]
        tally = tallied(before, walked(there), tuple(lacking))
    return FilesTaken(taken.id, tally.missing, tally.sealed(passphrase))


def _passphrase(layout: Layout, source: SecretSource) -> Secret:
    """As it was delivered, for a time in which no manager answers; else as the source has it."""
    try:
        return Secret((layout.credentials / "backups" / "passphrase").read_bytes().strip())
    except OSError:
        return ensure(source, PASSPHRASE)


def _seconds(spec: Spec) -> float:
    return spec.backups.timeout.total_seconds() if spec.backups else 3600.0


def _staged(services: Iterable[_Service]) -> Iterator[str]:
    """Take each one; what is half taken is removed, and said."""
    for one in services:
        try:
            one.take()
        except UzError as error:
            shutil.rmtree(one.staged) if one.staged.is_dir() else one.staged.unlink(missing_ok=True)
            yield f"{one.name}: {error}"


def _services(spec: Spec, source: SecretSource, stage: Path) -> Iterator[_Service]:
    """What has to be staged."""
    secrets, bao = stage / SECRETS_FILE, stage / OPENBAO_FILE
    if isinstance(source, FileSecrets):
        yield _Service("secrets", secrets, lambda: _copied(source.path, secrets))
    if spec.secrets.embedded:
        yield _Service("openbao", bao, lambda: take_openbao(source, bao))
    if spec.redis:
        yield _Service("redis", stage / "redis", lambda: _redis(spec, source, stage))


def _copied(path: Path, to: Path) -> None:
    with disk_errors(path):
        write(to, path.read_bytes())


def _redis(spec: Spec, source: SecretSource, stage: Path) -> None:
    password = source.read(ADMIN)
    if password is None:
        raise SecretError(f"the secret {ADMIN!r} is not there: was Redis ever up?")
    take_redis(spec, password, stage, timeout=_seconds(spec))


@contextmanager
def _stage(layout: Layout) -> Iterator[Path]:
    """A folder that the servers' user may pass, and only the operator look into."""
    place, user = layout.run / STAGE, user_of(Owner.SERVERS)
    with disk_errors(place):
        shutil.rmtree(place, ignore_errors=True)  # of a run that was killed
        folder(place, 0o710, os.geteuid(), user.gid)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def restore_files(repository: Path, passphrase: Secret, snapshot: str, into: Path) -> RestoredFiles:
    """Put a snapshot's files below an empty folder, and say what they are. Owners are as numbers
    were: `recovering` gives them to this machine's users.

    Raises BackupError where it cannot be read, or is none of Uz's.
    """
    restic = Restic(repository, passphrase)
    known = next((one for one in restic.snapshots() if one.id == snapshot), None)
    if known is None:
        raise BackupError(
            f"{repository}: there is no snapshot {snapshot[:12]} of files", hint=EARLIER
        )
    stage = next((Path(one) for one in known.paths if Path(one).name == STAGE), None)
    if TAG not in known.tags or stage is None:
        raise BackupError(
            f"{repository}: the snapshot {snapshot[:12]} was not made by Uz", hint=EARLIER
        )
    with disk_errors(into):
        folder(into, 0o700)
        if any(into.iterdir()):
            raise BackupError(f"{into}: is not empty", hint="Nothing is overwritten.")
    restic.restore(snapshot, into)
    app = stage.parent.parent / "data" / "app"
    return RestoredFiles(
        openbao=_found(into, stage / OPENBAO_FILE),
        redis=_found(into, stage / "redis" / REDIS_FILE),
        secrets=_found(into, stage / SECRETS_FILE),
        app=_found(into, app),
        further=_further(into, known.paths, {stage, app}),
    )


def _further(into: Path, paths: tuple[str, ...], own: set[Path]) -> dict[str, Path]:
    found = {one: _found(into, Path(one), links=True) for one in paths if Path(one) not in own}
    return {one: path for one, path in found.items() if path is not None}


def _found(into: Path, was: Path, *, links: bool = False) -> Path | None:
    """Where a path came back; none where the way there, or what is there, is a link: that would
    lead out of what was restored."""
    path = into / was.relative_to("/")
    inside = path.parent.resolve() == into.resolve() / was.relative_to("/").parent
    return path if inside and os.path.lexists(path) and (links or not path.is_symlink()) else None
