import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from tests.targets.local.backups.own_redis import own_redis, redis_spec, secrets

from uz.backups.restic import Restic
from uz.backups.tally import unsealed
from uz.errors import BackupError, SecretError
from uz.secret import FileSecrets, Secret, random_password
from uz.spec import Spec
from uz.targets.local.backups.files import (
    STAGE,
    FilesTaken,
    RestoredFiles,
    back_up_files,
    restore_files,
)
from uz.targets.local.backups.repository import Repository
from uz.targets.local.backups.tallying import compared
from uz.targets.local.layout import Layout
from uz.testing import MemorySecrets

pytestmark = pytest.mark.live
PASSPHRASE = Secret(random_password())


def source() -> MemorySecrets:
    found = secrets()
    found.write("backups/passphrase", PASSPHRASE)
    return found


@pytest.fixture
def place(layout: Layout) -> Layout:
    for folder in (layout.data / "app", layout.run, layout.data / "repository" / "ab"):
        folder.mkdir(parents=True)
    for parent in (layout.home, layout.app_folder, layout.root, layout.run):
        parent.chmod(0o711)
    (layout.data / "app" / "upload").write_bytes(b"of a user")
    return layout


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of restic's that was just made, which takes seconds."""
    folder = tmp_path_factory.mktemp("made") / "files"
    Restic(folder, PASSPHRASE).init()
    return folder


@pytest.fixture
def repository(place: Layout, empty: Path) -> Repository:
    made = Repository(place.data / "repository" / "ab")
    shutil.copytree(empty, made.files)
    return made


@pytest.fixture
def further(short: Path) -> Path:
    folder = short / "srv" / "more"
    folder.mkdir(parents=True)
    (folder / "invoice").write_bytes(b"42")
    return folder


def with_files(*paths: Path, redis: bool = True) -> Spec:
    more: dict[str, Any] = {"backups": {"files": [str(one) for one in paths]}}
    return redis_spec(**more) if redis else redis_spec(**more, redis={"purpose": "cache"})


def restored(repository: Repository, taken: FilesTaken, into: Path) -> RestoredFiles:
    return restore_files(repository.files, PASSPHRASE, taken.snapshot, into)


def test_all_of_it_comes_back(
    place: Layout, repository: Repository, further: Path, short: Path
) -> None:
    of = with_files(further)
    with own_redis(place, of) as server:
        server.set("cart", "full")
        taken = back_up_files(place, of, repository, source())
        again = back_up_files(place, of, repository, source())
    assert taken.missing == again.missing == ()
    found = restored(repository, taken, short / "back")
    counted = unsealed(PASSPHRASE, taken.tally)
    assert (counted.files, counted.changing, len(counted.sample)) == (3, 0, 3)
    assert compared(counted, short / "back").held
    assert found.app
    assert found.redis
    assert (found.app / "upload").read_bytes() == b"of a user"
    assert found.redis.read_bytes().startswith(b"REDIS")
    assert found.openbao is None
    assert {was: (path / "invoice").read_bytes() for was, path in found.further.items()} == {
        str(further): b"42"
    }
    assert not (place.run / STAGE).exists()
    assert stat.S_IMODE((short / "back").stat().st_mode) == 0o700


def test_secrets_in_a_file_are_taken(place: Layout, repository: Repository, short: Path) -> None:
    of = with_files()
    kept = FileSecrets(place.secrets)
    kept.write("backups/passphrase", PASSPHRASE)
    kept.write("app/session-key", Secret(b"x"))
    taken = back_up_files(place, of, repository, kept)
    found = restored(repository, taken, short / "back")
    assert found.secrets
    assert FileSecrets(found.secrets).names() == kept.names()


def test_a_redis_that_is_down_makes_it_partial(
    place: Layout, repository: Repository, short: Path
) -> None:
    (place.run / STAGE).mkdir()
    (place.run / STAGE / "openbao.snap").write_bytes(b"of a run that was killed")
    taken = back_up_files(place, with_files(), repository, source())
    (line,) = taken.missing
    assert unsealed(PASSPHRASE, taken.tally).missing == taken.missing
    assert line.startswith("redis: ")
    assert "refused" in line
    found = restored(repository, taken, short / "back")
    assert found.app is not None
    assert (found.redis, found.openbao) == (None, None)


def test_a_folder_that_is_not_there_is_told(
    place: Layout, repository: Repository, short: Path, further: Path
) -> None:
    nowhere = short / "nowhere"
    with own_redis(place, of := with_files(nowhere, further)):
        taken = back_up_files(place, of, repository, source())
    assert taken.missing == (f"{nowhere}: is not there",)
    assert set(restored(repository, taken, short / "back").further) == {str(further)}


def test_without_an_openbao_that_answers_the_rest_is_taken(
    place: Layout, repository: Repository, short: Path
) -> None:
    of = redis_spec(secrets={}, backups={})
    delivered = place.credentials / "backups"
    delivered.mkdir(parents=True)
    (delivered / "passphrase").write_bytes(PASSPHRASE.reveal() + b"\n")
    with own_redis(place, of):
        taken = back_up_files(place, of, repository, secrets())  # as the sealed copy is
    (line,) = taken.missing
    assert line.startswith("openbao: ")
    assert restored(repository, taken, short / "back").redis


def test_the_stage_is_gone_when_it_fails(place: Layout, repository: Repository) -> None:
    (repository.files / "config").chmod(0o600)
    (repository.files / "config").write_bytes(b"no repository")
    with pytest.raises(BackupError):
        back_up_files(place, with_files(), repository, source())
    assert not (place.run / STAGE).exists()


def test_what_is_not_of_uz_is_not_restored(place: Layout, short: Path) -> None:
    restic = Restic(short / "other", PASSPHRASE)
    restic.init()
    taken = restic.back_up([place.data / "app"])
    with pytest.raises(BackupError, match="was not made by Uz") as raised:
        restore_files(restic.folder, PASSPHRASE, taken.id, short / "back")
    assert "uz backup list" in raised.value.hint
    with pytest.raises(BackupError, match="there is no snapshot 0000") as raised:
        restore_files(restic.folder, PASSPHRASE, "0" * 64, short / "back")
    assert "uz backup list" in raised.value.hint


def test_a_link_in_place_of_a_backup_is_none(
    place: Layout, repository: Repository, short: Path
) -> None:
    shutil.rmtree(place.data / "app")
    (place.data / "app").symlink_to("/etc")
    taken = back_up_files(place, with_files(), repository, source())
    found = restored(repository, taken, short / "back")
    assert (found.app, found.further) == (None, {})


def test_nothing_is_restored_over_something(
    place: Layout, repository: Repository, short: Path
) -> None:
    taken = back_up_files(place, with_files(), repository, source())
    (short / "back").mkdir()
    (short / "back" / "mine").touch()
    with pytest.raises(BackupError, match="is not empty"):
        restored(repository, taken, short / "back")
    assert os.listdir(short / "back") == ["mine"]  # noqa: PTH208


def test_without_a_passphrase_there_is_no_backup(place: Layout, repository: Repository) -> None:
    class Closed(MemorySecrets):
        def read(self, name: str) -> Secret | None:
            raise SecretError(f"{name}: nothing answers")

    with pytest.raises(SecretError):
        back_up_files(place, with_files(), repository, Closed())
