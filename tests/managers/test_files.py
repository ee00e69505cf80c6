"""Files as secrets: read as they are, and never written."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.errors import SecretError
from uz.managers import WHOLE
from uz.managers.files import LARGEST, FileManager
from uz.secret import Secret

AWKWARD = b'  first\r\n"$HOME" # = \xf0\x9f\x94\x91\n\n'


def fields(manager: FileManager, path: str) -> dict[str, bytes]:
    found = manager.read(path)
    assert found is not None
    return {name: secret.reveal() for name, secret in found.fields.items()}


def test_a_file_is_read_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/key").write_bytes(AWKWARD)
    assert fields(FileManager(tmp_path), "dev/key") == {WHOLE: AWKWARD}


def test_an_absolute_path_is_that_path(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(AWKWARD)
    assert fields(FileManager(Path("/nonexistent")), str(tmp_path / "key")) == {WHOLE: AWKWARD}


def test_values_in_json_are_found_by_their_keys(tmp_path: Path) -> None:
    content = {"a": "x", "b": {"c": {"d": "y\n"}, "n": 5}, "list": ["z"], "none": None}
    (tmp_path / "all.json").write_text(json.dumps(content))
    found = fields(FileManager(tmp_path), "all.json")
    assert found.pop(WHOLE) == json.dumps(content).encode()
    assert found == {
        "a": b"x",
        "b/c/d": b"y\n",
        "b/n": b"5",
        "list": b'["z"]',
        "none": b"null",
    }


@pytest.mark.parametrize(
    "content", [b"{", b"{]", b'{"a": ', b"[1]", b"5", b"", b"\xff{", b"{\xff}"]
)
def test_what_is_no_json_object_has_no_keys(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    assert fields(FileManager(tmp_path), "key") == {WHOLE: content}


def test_half_a_character_in_json_has_no_key(tmp_path: Path) -> None:
    content = rb'{"half": "\ud800", "whole": "value"}'
    (tmp_path / "key").write_bytes(content)
    assert fields(FileManager(tmp_path), "key") == {WHOLE: content, "whole": b"value"}


def test_json_that_is_nested_too_deep_has_no_keys(tmp_path: Path) -> None:
    content = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
    (tmp_path / "key").write_bytes(content)
    assert fields(FileManager(tmp_path), "key") == {WHOLE: content}


@given(
    st.recursive(
        st.dictionaries(st.text("abc", min_size=1), st.text("xyz"), max_size=3),
        lambda inside: st.dictionaries(st.text("abc", min_size=1), inside, max_size=3),
    )
)
def test_each_text_is_found_where_its_keys_lead(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("json")
    (folder / "all.json").write_text(json.dumps(content))
    found = fields(FileManager(folder), "all.json")
    del found[WHOLE]
    for name, value in found.items():
        step: Any = content
        for key in name.split("/"):
            step = step[key]
        assert step == value.decode()


def test_where_no_file_is_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert FileManager(tmp_path).read("nothing") is None
    assert FileManager(tmp_path).read("nothing/at/all") is None
    assert FileManager(tmp_path).read("file/below") is None


def test_a_changed_file_is_another_version(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"first")
    os.utime(key, ns=(1, 1))
    before = FileManager(tmp_path).read("key")
    key.write_bytes(b"second")
    after = FileManager(tmp_path).read("key")
    assert before is not None
    assert after is not None
    assert before.version != after.version
    assert after.written_at is not None
    assert after.written_at.tzinfo is not None


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, why in (("pipe", "is no file"), ("folder", "Is a directory")):
        with pytest.raises(SecretError, match=f"{name}: .*{why}"):
            FileManager(tmp_path).read(name)


def test_a_file_that_may_not_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SecretError, match="loop: cannot be read: Too many levels"):
        FileManager(tmp_path).read("loop")


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"x" * (LARGEST + 1))
    with pytest.raises(SecretError, match="more than 1,048,576 bytes"):
        FileManager(tmp_path).read("key")
    (tmp_path / "key").write_bytes(b"x" * LARGEST)
    assert FileManager(tmp_path).read("key") is not None


def test_nothing_is_written_and_nothing_removed(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"first")
    manager = FileManager(tmp_path)
    with pytest.raises(SecretError, match="is only read") as refused:
        manager.write("key", {WHOLE: Secret(b"canary")})
    assert "canary" not in str(refused.value)
    with pytest.raises(SecretError, match="is only read"):
        manager.remove("key")
    assert (tmp_path / "key").read_bytes() == b"first"


def test_files_below_a_folder_are_listed_sorted(tmp_path: Path) -> None:
    for name in ("dev/b", "dev/a", "dev/deep/c", "device", "other/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    manager = FileManager(tmp_path)
    assert manager.paths("dev") == ("dev/a", "dev/b", "dev/deep/c")
    assert manager.paths("nothing") == ()
    assert "tests" not in manager.name
    assert str(tmp_path) in manager.name
