import json
import logging
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from uz.errors import SecretError
from uz.secret import FileSecrets, Secret, ensure, random_password


@pytest.fixture
def source(tmp_path: Path) -> FileSecrets:
    return FileSecrets(tmp_path / "secrets.json")


def test_a_secret_never_shows(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(b"hunter2")
    logging.getLogger().warning("%s %r", secret, [secret])
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {caplog.text}"
    assert secret.reveal() == b"hunter2"


def test_secrets_are_equal_by_value_and_cannot_be_keys() -> None:
    assert Secret(b"a") == Secret(b"a")
    assert Secret(b"a") != Secret(b"b")
    assert Secret(b"a") != b"a"
    with pytest.raises(TypeError):
        hash(Secret(b"a"))


def test_passwords_are_long_and_differ() -> None:
    assert len({random_password() for _ in range(100)}) == 100
    assert all(len(random_password()) >= 43 for _ in range(10))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.binary(), name=st.text())
def test_what_is_written_is_read_again(source: FileSecrets, name: str, value: bytes) -> None:
    source.write(name, Secret(value))
    assert source.read(name) == Secret(value)
    assert name in source.names()


def test_what_is_removed_is_gone_and_the_others_stay(source: FileSecrets) -> None:
    for name in ("one", "other"):
        source.write(name, Secret(b"value"))
    source.remove("one")
    source.remove("one")
    assert source.names() == ("other",)


def test_a_missing_one_is_none_and_made_once(source: FileSecrets) -> None:
    assert source.read("app/key") is None
    made = ensure(source, "app/key")
    assert ensure(source, "app/key") == made


def test_the_file_is_for_its_owner_only_and_stays_so(source: FileSecrets) -> None:
    for name in ("one", "two"):
        source.write(name, Secret(b"x"))
        assert stat.S_IMODE(source.path.stat().st_mode) == 0o600
    assert list(source.path.parent.iterdir()) == [source.path]


def test_values_are_not_readable_at_a_glance_and_names_are_sorted(source: FileSecrets) -> None:
    source.write("b", Secret(b"hunter2"))
    source.write("a", Secret(b"x"))
    assert "hunter2" not in source.path.read_text()
    assert source.names() == ("a", "b")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', "null", '{"a": "no base64!"}'])
def test_a_damaged_file_is_an_error_and_never_an_empty_one(source: FileSecrets, text: str) -> None:
    source.path.write_text(text)
    with pytest.raises(SecretError) as raised:
        source.read("a")
    assert str(source.path) in str(raised.value)
    assert "Restore" in raised.value.hint


def test_a_failing_write_keeps_what_was_there(
    source: FileSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.write("a", Secret(b"old"))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    with pytest.raises(SecretError, match="the disk is full"):
        source.write("a", Secret(b"new"))
    assert source.read("a") == Secret(b"old")
    assert list(source.path.parent.iterdir()) == [source.path]
