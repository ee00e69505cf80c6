"""A download goes on where it was cut off, and is refused where it is not what was sent."""

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from uz.backups.s3_client import Bucket, Connection
from uz.backups.s3_download import ATTEMPTS, copied, same
from uz.backups.s3_versions import Written
from uz.backups.store import Stored
from uz.errors import StoreError, StoreUnreachableError
from uz.secret import Secret

CONTENT = bytes(range(200))
ETAG = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


class Body(io.BytesIO):
    """A body that is cut off after some bytes."""

    def __init__(self, content: bytes, cut: int | None) -> None:
        super().__init__(content)
        self.cut = cut

    def read(self, _: int | None = -1, /) -> bytes:
        if self.cut is not None and self.tell() >= self.cut:
            raise StoreUnreachableError("cut off")
        return super().read(50)


class Client:
    """Gives bodies, each but the last cut off."""

    def __init__(self, *cuts: int | None, content: bytes = CONTENT) -> None:
        self.cuts, self.content = list(cuts), content
        self.asked: list[dict[str, str]] = []

    def get_object(self, **asked: str) -> dict[str, Body]:
        self.asked.append(asked)
        start = int(asked.get("Range", "bytes=0-")[6:-1])
        cut = self.cuts.pop(0) if len(self.cuts) > 1 else self.cuts[0]
        return {"Body": Body(self.content[start:], cut)}


def connected(client: Client) -> Connection:
    """A connection that asks this client."""
    found = Connection(Bucket("vault", "http://127.0.0.1:9"), Secret(b"k"), Secret(b"s"), 1)
    found.client = client
    return found


def thing(size: int = len(CONTENT), etag: str = ETAG, version: str = "v1") -> Written:
    """What a list says of it."""
    return Written(Stored("one", size, datetime.now(UTC), version), etag)


@pytest.fixture
def file(tmp_path: Path) -> IO[bytes]:
    return io.BytesIO()


def test_it_goes_on_where_it_was_cut_off(file: IO[bytes]) -> None:
    client = Client(100, 50, None)
    copied(connected(client), thing(), file)
    assert [one.get("Range") for one in client.asked] == [None, "bytes=100-", "bytes=150-"]
    assert {one["VersionId"] for one in client.asked} == {"v1"}
    file.seek(0)
    assert file.read() == CONTENT


def test_an_end_that_comes_too_early_is_a_cut(file: IO[bytes]) -> None:
    client = Client(None)
    bodies = [Body(CONTENT[:50], None), Body(CONTENT[50:], None)]
    client.get_object = lambda **_: {"Body": bodies.pop(0)}  # type: ignore[method-assign]
    copied(connected(client), thing(), file)
    file.seek(0)
    assert file.read() == CONTENT


def test_it_is_given_up_in_the_end(file: IO[bytes]) -> None:
    client = Client(0)
    with pytest.raises(StoreUnreachableError):
        copied(connected(client), thing(), file)
    assert len(client.asked) == 1  # nothing came: whoever asks knows when to ask again
    client = Client(50, 0)
    with pytest.raises(StoreUnreachableError):
        copied(connected(client), thing(), io.BytesIO())
    assert len(client.asked) == ATTEMPTS


@pytest.mark.parametrize("found", [thing(size=199), thing(size=201), thing(etag="0" * 32)])
def test_what_is_not_what_was_sent_is_refused(file: IO[bytes], found: Written) -> None:
    with pytest.raises(StoreError, match="otherwise than it was sent"):
        copied(connected(Client(None)), found, file)


def test_an_etag_that_is_no_digest_says_nothing(file: IO[bytes]) -> None:
    copied(connected(Client(None)), thing(etag="abc-2"), file)


def test_the_same_content_is_known_by_its_etag_or_by_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client(None)
    assert same(connected(client), thing(), CONTENT)
    assert not same(connected(client), thing(), CONTENT + b"x")
    assert client.asked == []
    assert same(connected(client), thing(etag="encrypted-there"), CONTENT)
    assert not same(connected(client), thing(etag="encrypted-there"), CONTENT[::-1])
    assert len(client.asked) == 2
