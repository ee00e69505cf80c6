import pytest

from uz.errors import RefusedError, SecretError
from uz.secret import Secret, ensure
from uz.testing import MemoryManager, MemorySecrets


def test_a_source_in_memory_begins_with_what_it_is_given() -> None:
    source = MemorySecrets({"b": b"two", "a": b"one"})
    assert source.names() == ("a", "b")
    assert source.read("a") == Secret(b"one")
    source.remove("a")
    source.remove("a")
    assert source.read("a") is None
    assert ensure(source, "c") == source.read("c")


def test_a_manager_in_memory_keeps_every_version() -> None:
    manager = MemoryManager()
    assert manager.write("top/a", {"x": Secret(b"one")}).version == "1"
    assert manager.write("top/a", {"x": Secret(b"two")}).version == "2"
    newest = manager.read("top/a")
    first = manager.read("top/a", parameters={"version": "1"})
    assert newest is not None
    assert first is not None
    assert (newest.fields["x"], first.fields["x"]) == (Secret(b"two"), Secret(b"one"))
    assert manager.read("top/a", parameters={"version": "3"}) is None
    assert manager.paths("top") == ("top/a",)
    assert manager.paths("to") == ()
    manager.remove("top/a")
    assert manager.read("top/a") is None


def test_a_manager_in_memory_takes_text_only_and_says_no_value() -> None:
    with pytest.raises(SecretError, match="'x' is not UTF-8 text") as raised:
        MemoryManager().write("top/a", {"x": Secret(b"\xff\xfe")})
    assert raised.value.__cause__ is None


def test_a_manager_in_memory_fails_as_it_is_told() -> None:
    manager = MemoryManager()
    manager.failing = RefusedError("no")
    with pytest.raises(RefusedError):
        manager.read("top/a")
    with pytest.raises(RefusedError):
        manager.paths("top")
