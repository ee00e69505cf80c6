import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups import s3_upload
from uz.backups.s3_upload import digest_of, send, sliced
from uz.errors import BackupError, MachineError

PLACE = {"Bucket": "vault", "Key": "one"}


class Client:
    """Takes what is sent, or fails at a part."""

    def __init__(self, failing: int = 0) -> None:
        self.failing = failing
        self.parts: dict[int, bytes] = {}
        self.put: dict[str, Any] = {}
        self.completed: dict[str, Any] = {}
        self.aborted = False

    def put_object(self, **asked: Any) -> dict[str, str]:
        self.put = asked
        return {"ETag": "e"}

    def create_multipart_upload(self, **_: Any) -> dict[str, str]:
        return {"UploadId": "u"}

    def upload_part(self, **asked: Any) -> dict[str, str]:
        if asked["PartNumber"] == self.failing:
            raise ValueError("cut off")
        self.parts[asked["PartNumber"]] = asked["Body"]
        return {"ETag": f"e{asked['PartNumber']}"}

    def complete_multipart_upload(self, **asked: Any) -> dict[str, str]:
        self.completed = asked
        return {"ETag": "e-3"}

    def abort_multipart_upload(self, **_: Any) -> None:
        self.aborted = True


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_upload, "PART", 4)


@given(st.binary(max_size=40))
def test_the_parts_are_the_content(content: bytes) -> None:
    assert b"".join(sliced(content)) == content
    client = Client()
    send(client, PLACE, content, IfNoneMatch="*")
    sent = b"".join(client.parts[number] for number in sorted(client.parts))
    assert (client.put["Body"] if len(content) <= s3_upload.PART else sent) == content


def test_small_content_is_sent_at_once_with_its_digest_and_condition() -> None:
    client = Client()
    send(client, PLACE, b"abc", IfNoneMatch="*")
    assert client.put == {
        **PLACE, "Body": b"abc", "ContentMD5": "kAFQmDzST7DWlj99KOF/cg==", "IfNoneMatch": "*",
    }  # fmt: skip


def test_large_content_is_complete_with_the_condition(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    client = Client()
    send(client, PLACE, file, IfNoneMatch="*")
    numbers = [one["PartNumber"] for one in client.completed["MultipartUpload"]["Parts"]]
    assert (numbers, client.completed["IfNoneMatch"], client.aborted) == ([1, 2, 3], "*", False)


def test_an_upload_that_fails_is_given_up_there_too() -> None:
    client = Client(failing=2)
    with pytest.raises(ValueError, match="cut off"):
        send(client, PLACE, b"0123456789")
    assert client.aborted
    assert not client.completed


@pytest.mark.parametrize("size", [2, 9])
def test_a_file_that_changes_while_it_is_sent_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * size)
    monkeypatch.setattr(s3_upload, "_size", lambda _: size + 1)
    with pytest.raises(BackupError, match="changed while it was sent"):
        send(Client(), PLACE, file)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="none"):
        send(Client(), PLACE, tmp_path / "none")


def test_the_digest_is_what_stores_call_an_etag() -> None:
    assert digest_of(b"abc") == (3, hashlib.md5(b"abc", usedforsecurity=False).hexdigest())
    halves = [hashlib.md5(one, usedforsecurity=False).digest() for one in (b"0123", b"45")]
    joined = hashlib.md5(b"".join(halves), usedforsecurity=False).hexdigest()
    assert digest_of(b"012345") == (6, f"{joined}-2")
