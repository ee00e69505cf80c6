from collections.abc import Mapping

import pytest

from uz.errors import RefusedError, SecretError
from uz.managers import Kept, ManagedSecrets
from uz.secret import FileSecrets, Secret
from uz.targets.local.interim import move_interim
from uz.targets.local.layout import Layout
from uz.testing import MemoryManager

PEM = Secret(b"-----BEGIN KEY-----\nabc\n-----END KEY-----\n")


@pytest.fixture
def file(layout: Layout) -> FileSecrets:
    layout.root.mkdir(parents=True)
    made = FileSecrets(layout.secrets)
    made.write("redis/app", Secret(b"of-redis"))
    made.write("edge/key", PEM)
    return made


@pytest.fixture
def source() -> ManagedSecrets:
    return ManagedSecrets(MemoryManager(), "secret/uz")


def test_all_moves_into_the_manager_and_the_file_goes(
    layout: Layout, file: FileSecrets, source: ManagedSecrets
) -> None:
    assert move_interim(layout, source) == ("edge/key", "redis/app")
    assert source.read("edge/key") == PEM
    assert source.read("redis/app") == Secret(b"of-redis")
    assert not layout.secrets.exists()
    assert move_interim(layout, source) == ()


def test_one_that_was_killed_in_between_goes_on(
    layout: Layout, file: FileSecrets, source: ManagedSecrets
) -> None:
    source.write("edge/key", PEM)
    move_interim(layout, source)
    kept = source.kept("edge/key")
    assert kept is not None
    assert kept.version == "1", "what is there already is no new version"


def test_the_file_wins_while_it_is_there(
    layout: Layout, file: FileSecrets, source: ManagedSecrets
) -> None:
    source.write("redis/app", Secret(b"of-another-life"))
    move_interim(layout, source)
    assert source.read("redis/app") == Secret(b"of-redis")


class Forgetful(MemoryManager):
    """Takes what is written, and keeps something else."""

    def write(self, path: str, fields: Mapping[str, Secret]) -> Kept:
        return super().write(path, dict.fromkeys(fields, Secret(b"something-else")))


def test_the_file_stays_while_the_manager_gives_something_else_back(
    layout: Layout, file: FileSecrets
) -> None:
    before = layout.secrets.read_bytes()
    source = ManagedSecrets(Forgetful(), "secret/uz")
    with pytest.raises(SecretError, match="gives secret/uz/edge/key back otherwise") as raised:
        move_interim(layout, source)
    assert layout.secrets.read_bytes() == before
    assert "something-else" not in f"{raised.value}{raised.value.hint}"


def test_the_file_stays_while_the_manager_refuses(
    layout: Layout, file: FileSecrets, source: ManagedSecrets
) -> None:
    assert isinstance(source.manager, MemoryManager)
    source.manager.failing = RefusedError("no")
    with pytest.raises(RefusedError):
        move_interim(layout, source)
    assert file.names() == ("edge/key", "redis/app")
