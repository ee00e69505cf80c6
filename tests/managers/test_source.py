import pytest

from uz.errors import SecretError, UnreachableError
from uz.managers import VALUE, ManagedSecrets
from uz.secret import Secret
from uz.testing import MemoryManager


@pytest.fixture
def manager() -> MemoryManager:
    return MemoryManager()


@pytest.fixture
def source(manager: MemoryManager) -> ManagedSecrets:
    return ManagedSecrets(manager, "secret/uz")


def test_what_was_written_is_read_by_its_name(
    source: ManagedSecrets, manager: MemoryManager
) -> None:
    assert source.read("redis/app") is None
    source.write("redis/app", Secret(b"a line\nand one more\n"))
    assert source.read("redis/app") == Secret(b"a line\nand one more\n")
    assert list(manager.versions) == ["secret/uz/redis/app"]
    assert list(manager.versions["secret/uz/redis/app"][0].fields) == [VALUE]


def test_each_write_is_a_version_more(source: ManagedSecrets) -> None:
    source.write("a", Secret(b"one"))
    source.write("a", Secret(b"two"))
    kept = source.kept("a")
    assert kept is not None
    assert (kept.version, kept.fields[VALUE]) == ("2", Secret(b"two"))


def test_names_are_those_below_the_prefix_without_it(
    source: ManagedSecrets, manager: MemoryManager
) -> None:
    manager.write("secret/stripe", {"key": Secret(b"of the user")})
    manager.write("secret/uzbek/a", {"key": Secret(b"of the user")})
    source.write("redis/app", Secret(b"x"))
    source.write("edge/key", Secret(b"x"))
    assert source.names() == ("edge/key", "redis/app")


def test_what_was_removed_is_gone_and_removing_it_again_is_no_error(
    source: ManagedSecrets,
) -> None:
    source.write("a", Secret(b"x"))
    source.remove("a")
    source.remove("a")
    assert source.read("a") is None
    assert source.names() == ()


def test_a_path_that_somebody_else_wrote_is_told(
    source: ManagedSecrets, manager: MemoryManager
) -> None:
    manager.write("secret/uz/a", {"password": Secret(b"very secret")})
    with pytest.raises(SecretError, match="secret/uz/a has no field 'value'") as raised:
        source.read("a")
    assert "very secret" not in f"{raised.value}{raised.value.hint}"


def test_a_manager_that_does_not_answer_is_not_taken_for_an_empty_one(
    source: ManagedSecrets, manager: MemoryManager
) -> None:
    manager.failing = UnreachableError("no answer")
    for call in (lambda: source.read("a"), source.names, lambda: source.write("a", Secret(b"x"))):
        with pytest.raises(UnreachableError):
            call()
