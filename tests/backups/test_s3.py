"""S3 as a store: on a real SeaweedFS with locks and versions, and as moto plays AWS."""

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.backups.delaying import delaying
from tests.backups.seaweed_server import BUCKET, Seaweed, seaweed
from tests.managers.moto_server import moto

from uz.backups.s3 import Bucket, S3Store
from uz.backups.s3_upload import PART
from uz.errors import StoreError, StoreRefusedError, StoreUnreachableError
from uz.secret import Secret
from uz.testing.store_conformance import StoreConformance

pytestmark = pytest.mark.live

KEY = Secret(b"somebody")


class TestSeaweed(StoreConformance):
    """Added by the identity of the machine, removed by that of the retention."""

    @pytest.fixture
    def store(self, vault: Seaweed) -> S3Store:
        return vault.store("adder")

    @pytest.fixture
    def keeper(self, vault: Seaweed) -> S3Store:
        return vault.store("retention")


class TestPrefixed(StoreConformance):
    """The same below a prefix."""

    @pytest.fixture
    def store(self, vault: Seaweed) -> S3Store:
        return vault.store("adder", "shop/production/")

    @pytest.fixture
    def keeper(self, vault: Seaweed) -> S3Store:
        return vault.store("retention", "shop/production/")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where moto is, with a bucket that keeps versions and one that does not."""
    with moto() as found:
        client = on_moto(found, "plain").connection.client
        for name in ("plain", "versioned"):
            client.create_bucket(Bucket=name)
        client.put_bucket_versioning(
            Bucket="versioned", VersioningConfiguration={"Status": "Enabled"}
        )
        yield found


def on_moto(address: str, bucket: str) -> S3Store:
    """A bucket of moto's."""
    return S3Store(Bucket(bucket, address), KEY, KEY)


@pytest.mark.parametrize("bucket", ["plain", "versioned"])
class TestMoto(StoreConformance):
    """A bucket with and one without versions."""

    @pytest.fixture
    def store(self, address: str, bucket: str) -> S3Store:
        return on_moto(address, bucket)

    @pytest.fixture
    def keeper(self, address: str, bucket: str) -> S3Store:
        return on_moto(address, bucket)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that is sent in three parts."""
    path = tmp_path / "large"
    path.write_bytes(secrets.token_bytes(2**20) * (2 * PART // 2**20) + b"the rest")
    return path


def test_a_large_file_goes_in_parts_and_comes_back(
    vault: Seaweed, top: str, large: Path, tmp_path: Path
) -> None:
    store = vault.store()
    for _ in range(2):
        store.put(f"{top}large", large)
    store.fetch(f"{top}large", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == large.read_bytes()
    assert not store.list(top)[f"{top}large"].overwritten


def test_another_large_file_is_refused(vault: Seaweed, top: str, large: Path) -> None:
    store = vault.store()
    store.put(f"{top}large", large)
    large.write_bytes(large.read_bytes()[:-1] + b"!")
    with pytest.raises(StoreError, match="something else"):
        store.put(f"{top}large", large)


def test_the_first_version_counts_whoever_wrote_over_it(vault: Seaweed, top: str) -> None:
    vault.store().put(f"{top}one", b"first")
    client = vault.store().connection.client
    for body in (b"second", b"third"):
        client.put_object(Bucket=BUCKET, Key=f"{top}one", Body=body)
    found = vault.store().list(top)[f"{top}one"]
    assert (found.size, found.overwritten) == (len(b"first"), True)
    assert vault.store().read(f"{top}one") == b"first"


def test_the_first_version_counts_below_a_delete_marker(vault: Seaweed, top: str) -> None:
    vault.store().put(f"{top}one", b"first")
    vault.store("admin").connection.client.delete_object(Bucket=BUCKET, Key=f"{top}one")
    assert vault.store().list(top)[f"{top}one"].overwritten
    assert vault.store().read(f"{top}one") == b"first"


def test_retention_removes_what_was_written_over_with_all_versions(
    vault: Seaweed, top: str
) -> None:
    client = vault.store("admin").connection.client
    for body in (b"first", b"second"):
        client.put_object(Bucket=BUCKET, Key=f"{top}one", Body=body)
    client.delete_object(Bucket=BUCKET, Key=f"{top}one")
    vault.store("retention").remove(f"{top}one")
    answer = client.list_object_versions(Bucket=BUCKET, Prefix=top)
    assert not answer.get("Versions")
    assert not answer.get("DeleteMarkers")


def test_where_versions_may_not_be_listed_the_objects_are(address: str, top: str) -> None:
    store = on_moto(address, "plain")
    store.put(f"{top}one", b"content")

    def refused(**_: object) -> None:
        raise store.connection.refusal({"Error": {"Code": "NotImplemented"}}, "List")

    store.connection.client.meta.events.register("before-call.s3.ListObjectVersions", refused)
    assert list(store.list(top)) == [f"{top}one"]
    assert not store.versions
    assert store.read(f"{top}one") == b"content"


def test_where_no_condition_is_known_the_key_is_looked_for(address: str, top: str) -> None:
    store = on_moto(address, "plain")

    def refused(params: dict[str, dict[str, str]], **_: object) -> None:
        if "If-None-Match" in params["headers"]:
            raise store.connection.refusal({"Error": {"Code": "NotImplemented"}}, "Put")

    store.connection.client.meta.events.register("before-call.s3.PutObject", refused)
    store.put(f"{top}one", b"content")
    store.put(f"{top}one", b"content")
    with pytest.raises(StoreError, match="something else"):
        store.put(f"{top}one", b"another")
    assert store.read(f"{top}one") == b"content"


def test_more_objects_than_one_page_are_listed(address: str, top: str) -> None:
    store = on_moto(address, "versioned")
    store.put(f"{top}0", b"")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: store.put(f"{top}{number}", b""), range(1, 1005)))
    assert len(store.list(top)) == 1005


def test_the_credential_of_the_machine_can_neither_delete_nor_unlock(
    vault: Seaweed, top: str
) -> None:
    store = vault.store()
    store.put(f"{top}one", b"content")
    version = store.list(top)[f"{top}one"].version
    place = {"Bucket": BUCKET, "Key": f"{top}one"}
    suspended = {"VersioningConfiguration": {"Status": "Suspended"}}
    unlocked = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}
    with pytest.raises(StoreRefusedError, match="may not do that"):
        store.remove(f"{top}one")
    attempts: list[tuple[str, dict[str, object]]] = [
        ("delete_object", {**place}),
        ("delete_object", {**place, "VersionId": version}),
        ("delete_object", {**place, "VersionId": version, "BypassGovernanceRetention": True}),
        ("put_bucket_versioning", {"Bucket": BUCKET, **suspended}),
        ("put_object_lock_configuration", {"Bucket": BUCKET, **unlocked}),
        ("delete_bucket", {"Bucket": BUCKET}),
    ]
    for operation, asked in attempts:
        with pytest.raises(store.connection.refusal, match="AccessDenied"):
            getattr(store.connection.client, operation)(**asked)
    assert store.read(f"{top}one") == b"content"


def test_a_read_only_key_cannot_add_and_is_told_so(vault: Seaweed, top: str) -> None:
    with pytest.raises(StoreRefusedError, match="may not do that") as refused:
        vault.store("reader").put(f"{top}one", b"content")
    assert "uz backup policy" in refused.value.hint


def test_an_outage_is_told_and_over_when_the_store_is_back(tmp_path: Path, top: str) -> None:
    with seaweed(tmp_path) as server:
        store = server.store(patience=10)
        store.put(f"{top}one", b"content")
        server.stop()
        with pytest.raises(StoreUnreachableError, match="no answer"):
            store.put(f"{top}two", b"content")
        server.start()
        store.put(f"{top}two", b"content")
        assert set(store.list(top)) == {f"{top}one", f"{top}two"}


def test_a_slow_store_is_used_until_it_is_too_slow(vault: Seaweed, top: str) -> None:
    with delaying(vault.ports[0]) as line:
        place = replace(vault.bucket(), endpoint=f"https://127.0.0.1:{line.port}")
        store = S3Store(place, Secret(b"adder"), vault.keys["adder"], patience=1.5)
        line.seconds = 0.2
        store.put(f"{top}one", b"content")
        assert store.read(f"{top}one") == b"content"
        line.seconds, begun = 5.0, time.monotonic()
        with pytest.raises(StoreUnreachableError, match="no answer"):
            store.list()
        assert time.monotonic() - begun < 15


def test_a_download_goes_on_where_the_line_was_cut(
    vault: Seaweed, top: str, large: Path, tmp_path: Path
) -> None:
    vault.store().put(f"{top}large", large)
    with delaying(vault.ports[0]) as line:
        place = replace(vault.bucket(), endpoint=f"https://127.0.0.1:{line.port}")
        store = S3Store(place, Secret(b"adder"), vault.keys["adder"])
        store.list(top)
        line.cut = 5 * 2**20
        store.fetch(f"{top}large", tmp_path / "got")
        assert line.cut is None
    assert (tmp_path / "got").read_bytes() == large.read_bytes()


def test_a_missing_bucket_is_told(vault: Seaweed) -> None:
    missing = S3Store(vault.bucket(name="nowhere"), Secret(b"admin"), vault.keys["admin"])
    with pytest.raises(StoreError, match="no such bucket"):
        missing.list()
    with pytest.raises(StoreError, match="no such bucket"):
        missing.put("one", b"")


def test_keys_and_prefixes_do_not_show(vault: Seaweed) -> None:
    secret = vault.keys["adder"].reveal().decode()
    store = S3Store(vault.bucket(), Secret(b"nobody"), vault.keys["adder"])
    with pytest.raises(StoreRefusedError) as refused:
        store.list()
    assert secret not in f"{refused.value} {refused.value.hint} {store!r} {vars(store)}"
