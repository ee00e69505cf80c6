import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.places import short_folder
from tests.targets.local.own_openbao import OwnOpenBao, an_environment

from uz.errors import BackupError, SecretError
from uz.secret import Secret
from uz.targets.local.backups.openbao_snapshot import (
    check_openbao,
    new_openbao,
    put_openbao,
    take_openbao,
)
from uz.targets.local.bootstrap import Bootstrap
from uz.targets.local.layout import Layout
from uz.testing import MemorySecrets

pytestmark = pytest.mark.live


@pytest.fixture
def taken(own: OwnOpenBao, tmp_path: Path) -> Path:
    own.source.write("app/session-key", Secret(b"for the tests"))
    take_openbao(own.source, tmp_path / "openbao.snap")
    return tmp_path / "openbao.snap"


@pytest.fixture
def fresh() -> Iterator[OwnOpenBao]:
    """Another one, on an empty machine."""
    with short_folder() as top:
        made = an_environment(Layout(top / "home", "shop", "trial"), "trial")
        yield made
        made.stop()


@pytest.mark.slow
def test_a_new_one_is_the_old_one_afterwards(
    own: OwnOpenBao, fresh: OwnOpenBao, taken: Path
) -> None:
    fresh.bootstrap = own.bootstrap
    fresh.start()
    root = new_openbao(fresh.layout, fresh.spec)
    put_openbao(fresh.layout, fresh.spec, own.bootstrap, root, taken)
    assert fresh.source.read("app/session-key") == Secret(b"for the tests")
    assert fresh.source.names() == own.source.names()
    with pytest.raises(BackupError, match="is not new"):
        new_openbao(fresh.layout, fresh.spec)
    fresh.stop()
    fresh.start()
    assert fresh.source.names() == own.source.names()
    assert not fresh.furnish()


@pytest.mark.slow
def test_with_another_bootstrap_credential_it_is_refused(fresh: OwnOpenBao, taken: Path) -> None:
    fresh.bootstrap = Bootstrap(Secret(b"another one altogether, for tests"))
    fresh.start()
    root = new_openbao(fresh.layout, fresh.spec)
    with pytest.raises(BackupError, match="another bootstrap credential"):
        put_openbao(fresh.layout, fresh.spec, fresh.bootstrap, root, taken)


def test_the_snapshot_is_closed_and_for_its_owner_alone(taken: Path) -> None:
    assert taken.stat().st_mode & 0o777 == 0o600
    with tarfile.open(taken, "r:gz") as archive:
        state = archive.extractfile("state.bin")
        assert state
        assert b"for the tests" not in state.read()


def test_nothing_is_taken_over_something(own: OwnOpenBao, taken: Path) -> None:
    before = taken.read_bytes()
    with pytest.raises(Exception, match="File exists"):
        take_openbao(own.source, taken)
    assert taken.read_bytes() == before


def test_a_source_that_is_no_openbao_gives_none(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="OpenBao does not answer"):
        take_openbao(MemorySecrets(), tmp_path / "openbao.snap")


def damaged(path: Path, harm: str) -> None:
    content = path.read_bytes()
    if harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "text":
        path.write_bytes(b"<html>")
    elif harm == "flipped":
        path.write_bytes(content[:2000] + bytes([content[2000] ^ 1]) + content[2001:])
    else:  # a whole archive, of something else
        with tarfile.open(path, "w:gz") as archive:
            member = tarfile.TarInfo("state.bin")
            archive.addfile(member, io.BytesIO())


@pytest.mark.parametrize("harm", ["cut", "empty", "text", "flipped", "other"])
def test_damage_is_found_before_anything_is_done(own: OwnOpenBao, taken: Path, harm: str) -> None:
    damaged(taken, harm)
    with pytest.raises(BackupError, match="OpenBao's backup is damaged"):
        check_openbao(taken)
    with pytest.raises(BackupError, match="OpenBao's backup is damaged"):
        put_openbao(own.layout, own.spec, own.bootstrap, Secret(b"root"), taken)
