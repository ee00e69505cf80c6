"""What a thief can do with a key: on a real store with locks, and on ones that lack something."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.backups.seaweed_server import Seaweed
from tests.managers.moto_server import moto

from uz.backups.s3 import Bucket, S3Store
from uz.backups.tampering import CONTENT, PROBE, attempts
from uz.errors import StoreError, StoreUnreachableError
from uz.secret import Secret
from uz.testing.folder_store import FolderStore

pytestmark = pytest.mark.live
KEY = Secret(b"somebody")
WAYS = {
    "delete", "delete the version", "pass the lock", "set versioning", "set the policy",
    "have them expire", "write over",
}  # fmt: skip
CALLS = (
    "DeleteObject", "PutBucketVersioning", "PutBucketPolicy", "PutBucketLifecycleConfiguration",
)  # fmt: skip


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where moto is, with buckets that keep versions and some that do not."""
    with moto() as found:
        client = S3Store(Bucket("plain", found), KEY, KEY).connection.client
        for name in ("open", "plain", "versioned", "with-a-policy"):
            client.create_bucket(Bucket=name)
            if name in {"versioned", "with-a-policy"}:
                client.put_bucket_versioning(
                    Bucket=name, VersioningConfiguration={"Status": "Enabled"}
                )
        yield found


def refusing(store: S3Store, *calls: str) -> S3Store:
    """A store that answers these calls as a policy that forbids them would."""
    from botocore.exceptions import ClientError

    def forbidden(call: str) -> Callable[..., None]:
        def refuse(**_: Any) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, call)

        return refuse

    for call in calls:
        store.connection.client.meta.events.register(f"before-call.s3.{call}", forbidden(call))
    return store


def harmed(store: S3Store) -> dict[str, str]:
    """The tries that were not refused, and what was said."""
    return {one.name: one.said for one in attempts(store) if not one.refused}


def test_a_key_that_only_adds_is_refused_each_time_and_again(vault: Seaweed, top: str) -> None:
    store = vault.store("adder", top)
    for _ in range(2):
        found = attempts(store)
        assert {one.name for one in found} == WAYS
        assert all(one.refused for one in found), found
    assert vault.store("reader", top).read(f"{PROBE}-0") == CONTENT


def test_writing_over_leaves_one_more_version_and_not_one_for_each_time(
    vault: Seaweed, top: str
) -> None:
    store, admin = vault.store("adder", top), vault.store("admin", top)
    for _ in range(3):
        attempts(store)
    listed = admin.connection.client.list_object_versions(Bucket=store.bucket.name, Prefix=top)
    assert len(listed["Versions"]) <= 2
    assert listed.get("DeleteMarkers", []) == []


def test_an_administrators_key_harms_it(vault: Seaweed, top: str) -> None:
    found = harmed(vault.store("admin", top))
    assert {"delete", "pass the lock"} <= found.keys()
    assert found["pass the lock"] == "allowed"


def test_what_is_tried_changes_nothing_else_off_site(vault: Seaweed, top: str) -> None:
    admin = vault.store("admin", top)
    admin.put("another", b"of somebody")
    attempts(vault.store("adder", top))
    harmed(admin)
    assert admin.read("another") == b"of somebody"
    left = vault.store("reader", top).list()
    assert {key.partition("-")[0] for key in left} <= {"another", PROBE}


def test_a_bucket_without_any_rules_refuses_nothing(address: str) -> None:
    found = harmed(refusing(S3Store(Bucket("open", address), KEY, KEY), "PutBucketPolicy"))
    assert {"delete", "delete the version", "pass the lock"} <= found.keys()


def test_a_key_that_may_not_delete_looks_harmless_and_replaces_where_no_versions_are_kept(
    address: str,
) -> None:
    store = refusing(S3Store(Bucket("plain", address, prefix="a/"), KEY, KEY), *CALLS)
    assert harmed(store) == {"write over": "it is replaced"}


def test_where_versions_are_kept_writing_over_does_no_harm(address: str) -> None:
    store = refusing(S3Store(Bucket("versioned", address, prefix="a/"), KEY, KEY), *CALLS)
    assert harmed(store) == {}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("PutBucketVersioning", "set versioning"),
        ("PutBucketPolicy", "set the policy"),
        ("PutBucketLifecycleConfiguration", "have them expire"),
    ],
)
def test_a_key_that_may_only_set_rules_looks_harmless_and_is_found_out(
    address: str, call: str, name: str
) -> None:
    others = [one for one in CALLS if one != call]
    bucket = Bucket("with-a-policy" if "Policy" in call else "versioned", address)
    assert harmed(refusing(S3Store(bucket, KEY, KEY), *others)).keys() == {name}


def test_an_object_that_was_harmed_is_told_each_time_it_is_tried(vault: Seaweed, top: str) -> None:
    for _ in range(3):
        assert "pass the lock" in harmed(vault.store("admin", top))
    assert harmed(vault.store("adder", top)) == {}


def test_a_store_that_is_no_s3_cannot_be_tried(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="only a store that speaks S3"):
        attempts(FolderStore(tmp_path))


def test_a_store_that_is_away_decides_nothing() -> None:
    with pytest.raises(StoreUnreachableError):
        attempts(S3Store(Bucket("gone", "http://127.0.0.1:9"), KEY, KEY, 0.2))
