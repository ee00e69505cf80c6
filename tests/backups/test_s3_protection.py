from datetime import timedelta
from pathlib import Path

import pytest
from tests.backups.seaweed_server import LOCK_DAYS, Seaweed
from tests.managers.moto_server import moto

from uz.backups.s3 import Bucket, S3Store
from uz.backups.s3_protection import lacks, unprotected
from uz.errors import StoreError, StoreRefusedError
from uz.secret import Secret
from uz.testing.folder_store import FolderStore

pytestmark = pytest.mark.live
DAY = timedelta(days=1)
KEY = Secret(b"somebody")


@pytest.mark.parametrize("identity", ["adder", "reader", "retention"])
def test_a_locked_bucket_with_versions_lacks_nothing(vault: Seaweed, identity: str) -> None:
    assert unprotected(vault.store(identity), LOCK_DAYS * DAY) == ()


def test_a_lock_that_is_too_short_is_told(vault: Seaweed) -> None:
    assert unprotected(vault.store(), 14 * DAY) == (
        "object lock keeps for 1 days, backups.lock asks for 14",
    )


def test_a_bucket_without_protection_is_told() -> None:
    with moto() as address:
        for name in ("bare", "versioned"):
            store = S3Store(Bucket(name, address), KEY, KEY)
            client = store.connection.client
            client.create_bucket(Bucket=name)
            if name == "versioned":
                enabled = {"Status": "Enabled"}
                client.put_bucket_versioning(Bucket=name, VersioningConfiguration=enabled)
            found = unprotected(store, DAY)
            assert any("object lock is off" in one for one in found)
            assert any("versioning is off" in one for one in found) == (name == "bare")


def test_what_cannot_be_seen_is_told(vault: Seaweed) -> None:
    with pytest.raises(StoreRefusedError):
        unprotected(S3Store(vault.bucket(), KEY, KEY), DAY)
    missing = S3Store(vault.bucket(name="nowhere"), Secret(b"admin"), vault.keys["admin"])
    with pytest.raises(StoreError, match="no such bucket"):
        unprotected(missing, DAY)


def test_any_store_may_be_asked_and_what_may_not_be_seen_is_a_line(
    vault: Seaweed, tmp_path: Path
) -> None:
    assert lacks(FolderStore(tmp_path), DAY) == ()
    assert lacks(vault.store(), LOCK_DAYS * DAY) == ()
    (line,) = lacks(S3Store(vault.bucket(), KEY, KEY), DAY)
    assert line.startswith("whether it does could not be seen: ")


def test_whoever_wants_no_lock_is_not_told_of_it() -> None:
    with moto() as address:
        store = S3Store(Bucket("bare", address), KEY, KEY)
        store.connection.client.create_bucket(Bucket="bare")
        assert unprotected(store, timedelta()) == (
            "versioning is off: who may write may replace what is there",
        )
