"""Whoever has the bucket reads nothing in it; and what only looks unreadable."""

import bz2
import gzip
import lzma
import zlib
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.checklist.backups_stand import BackupsStand, as_production, backed_up

from uz.checklist.offsite.encrypted import LARGEST, MOST, encrypted, known_content, looks_random
from uz.testing import FakeEnvironment
from uz.testing.backups import REPOSITORY
from uz.verdict import State

PARTS = ["database/archive/", "database/backup/", "points/", "files/data/"]
WORDS = b"".join(b"order %d of somebody who lives in Vienna\n" % n for n in range(3000))


def holding(stand: BackupsStand, path: str, content: bytes) -> str:
    """Have a file off-site that holds something; return why that is refuted."""
    admin = stand.fake.store("admin")
    admin.remove(f"{REPOSITORY}/{path}")
    admin.put(f"{REPOSITORY}/{path}", content)
    found = encrypted(stand)
    assert found.state is State.REFUTED, found.reason
    return found.reason


def one(stand: BackupsStand, part: str) -> str:
    """The newest file of a part of the repository."""
    inventory, _ = stand.fake.inventory()
    return max(path for path in inventory.files if path.startswith(part))


def test_files_that_hold_nothing_known_and_begin_as_encrypted_ones_do_are_proven(
    stand: BackupsStand,
) -> None:
    found = encrypted(stand)
    assert found.state is State.PROVEN, found.reason
    inventory, _ = stand.fake.inventory()
    looked = [path for path in inventory.files if not path.startswith("catalogs/")]
    assert found.figures["files"] == len(looked)


def test_known_content_is_written_into_the_log_first_and_sent(stand: BackupsStand) -> None:
    encrypted(stand)
    ((_, database, sql),) = stand.asked
    assert database == "uz"
    assert known_content(stand).decode() in sql
    assert stand.fake.sent == 3  # twice in the making of the stand


def test_without_a_database_the_files_are_looked_into(tmp_path: Path) -> None:
    stand = backed_up(tmp_path, database=False)
    assert encrypted(stand).state is State.PROVEN
    assert stand.asked == []


@pytest.mark.parametrize(
    "content",
    [
        WORDS,
        zlib.compress(WORDS),
        zlib.compress(WORDS * 200, 0),
        gzip.compress(WORDS),
        lzma.compress(WORDS),
        bz2.compress(WORDS),
        bytes(1000),
    ],
    ids=["plain", "zlib", "stored", "gzip", "xz", "bzip2", "nothing"],
)
def test_what_has_words_or_unpacks_does_not_look_random(content: bytes) -> None:
    assert not looks_random(content)


@given(some.randoms(use_true_random=True), some.integers(100, 3000))
def test_what_is_random_looks_so_also_where_it_begins_as_if_it_were_packed(
    chance: Random, size: int
) -> None:
    assert looks_random(chance.randbytes(size))
    assert looks_random(b"\x78\x9c" + chance.randbytes(200 + size))


def test_without_backups_it_is_missing() -> None:
    assert encrypted(FakeEnvironment()).state is State.MISSING


def test_on_production_a_store_on_the_same_machine_is_only_declared(stand: BackupsStand) -> None:
    assert encrypted(as_production(stand)).state is State.DECLARED


@pytest.mark.parametrize("part", PARTS)
def test_known_content_anywhere_refutes_it(stand: BackupsStand, part: str) -> None:
    path = one(stand, part)
    said = holding(stand, path, b"Salted__" + b"x" * 5000 + known_content(stand))
    assert said.startswith(f"{path}: holds in plain")


@pytest.mark.parametrize("part", PARTS)
def test_what_is_only_compressed_hides_all_words_and_is_refuted(
    stand: BackupsStand, part: str
) -> None:
    path = one(stand, part)
    said = holding(stand, path, zlib.compress(known_content(stand)))
    assert said.startswith(f"{path}: is not encrypted")


def test_the_newest_of_the_log_is_looked_into_however_much_there_is(stand: BackupsStand) -> None:
    for _ in range(MOST):
        stand.fake.send_log()
    found = encrypted(stand)
    assert found.state is State.PROVEN
    assert int(found.figures["files"]) <= 2 * MOST
    assert "in plain" in holding(stand, one(stand, "database/archive/"), known_content(stand))


def test_a_huge_file_is_not_read_whole(stand: BackupsStand) -> None:
    before = encrypted(stand).figures["files"]
    huge = stand.fake.far / REPOSITORY / "database/backup/main/huge"
    with huge.open("wb") as file:
        file.truncate(LARGEST + 1)
    assert encrypted(stand).figures["files"] == int(str(before)) + 1  # the log that was sent
