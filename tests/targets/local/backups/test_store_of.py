"""Which store `[backups]` means, as whom, and whether it is lost with this machine."""

import socket
from pathlib import Path
from typing import Any

import psutil
import pytest

from uz.backups.s3 import S3Store
from uz.errors import BackupError, SecretError, StoreRefusedError
from uz.secret import Secret
from uz.spec import Spec
from uz.targets.local.backups.store_of import (
    ACCESS,
    SECRET,
    on_this_machine,
    prefix_of,
    store_of,
)
from uz.targets.local.layout import Layout
from uz.testing import MemorySecrets, spec

EMBEDDED = spec(backups={"offsite": "embedded"})
KEYS = {
    "access_key": "ref+vault://secret/store#/access",
    "secret_key": "ref+vault://secret/store#/key",
}


def elsewhere(**more: str) -> Spec:
    """A Spec whose backups go to a bucket of the user's."""
    table: dict[str, Any] = {"offsite": "s3://vault", **KEYS, **more}
    return spec(backups=table, secrets={"manager": "openbao"})


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    found = Layout(tmp_path, "shop", "production")
    for folder in (found.data, found.credentials / "backups"):
        folder.mkdir(parents=True)
    (found.data / "offsite-authority.pem").write_text("")
    return found


def found(
    layout: Layout, of: Spec, source: MemorySecrets | None = None, identity: str = "adder"
) -> S3Store:
    """The store of a Spec."""
    store = store_of(layout, of, layout.home, source or MemorySecrets(), identity)
    assert isinstance(store, S3Store)
    return store


def keys(store: S3Store) -> tuple[str, str]:
    """Access key and secret that a store is asked with."""
    given = store.connection.client._request_signer._credentials  # it has no other way to tell
    return given.access_key, given.secret_key


def test_the_embedded_store_is_on_its_port_with_the_keys_of_the_identity(layout: Layout) -> None:
    source = MemorySecrets({"offsite/adder": b"one", "offsite/retention": b"two"})
    for identity, secret in (("adder", "one"), ("retention", "two")):
        store = found(layout, EMBEDDED, source, identity)
        assert keys(store) == (identity, secret)
    assert store.bucket.endpoint == f"https://127.0.0.1:{EMBEDDED.ports.offsite[0]}"
    assert store.bucket.authority == layout.data / "offsite-authority.pem"
    assert (store.bucket.name, store.bucket.prefix) == ("backups", "shop/production/")


def test_a_missing_secret_of_the_embedded_store_is_told(layout: Layout) -> None:
    with pytest.raises(SecretError, match="offsite/reader"):
        found(layout, EMBEDDED, identity="reader")


def delivered(layout: Layout) -> None:
    """Let the machine's keys be there as they are delivered."""
    for name, value in (("access-key", "delivered-access"), ("secret-key", "delivered-secret")):
        (layout.credentials / "backups" / name).write_text(value)


def test_a_bucket_of_the_users_is_opened_with_what_was_delivered(layout: Layout) -> None:
    delivered(layout)
    authority = layout.home / "ca.pem"
    authority.write_text("")
    own = {"endpoint": "https://store.example/", "region": "eu-west-3", "authority": "ca.pem"}
    store = found(layout, elsewhere(**own))
    assert keys(store) == ("delivered-access", "delivered-secret")
    assert (store.bucket.endpoint, store.bucket.region) == ("https://store.example", "eu-west-3")
    assert (store.bucket.name, store.bucket.authority) == ("vault", authority)


def test_where_nothing_is_delivered_the_references_are_followed(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def resolve(references: Any, _: object, *, names: frozenset[str]) -> dict[str, Secret]:
        assert names == {KEYS["access_key"]}
        asked.extend(one.text for one in references)
        return {text: Secret(text.encode()) for text in asked}

    monkeypatch.setattr("uz.targets.local.backups.store_of.resolve", resolve)
    assert keys(found(layout, elsewhere())) == (KEYS["access_key"], KEYS["secret_key"])
    assert asked == list(KEYS.values())


@pytest.mark.parametrize("identity", ["retention", "reader"])
def test_the_keys_of_others_come_from_variables_and_never_from_this_machine(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, identity: str
) -> None:
    delivered(layout)
    for given in ({}, {ACCESS: "theirs"}, {SECRET: "theirs"}):
        for name in (ACCESS, SECRET):
            monkeypatch.delenv(name, raising=False)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(StoreRefusedError, match=identity) as refused:
            found(layout, elsewhere(), identity=identity)
        assert ACCESS in refused.value.hint
        assert f"`uz backup policy {identity}`" in refused.value.hint
    monkeypatch.setenv(ACCESS, "their-access")
    monkeypatch.setenv(SECRET, "their-secret")
    assert keys(found(layout, elsewhere(), identity=identity)) == ("their-access", "their-secret")


@pytest.mark.parametrize("of", [spec(), spec(backups={})])
def test_without_an_off_site_store_that_is_told(layout: Layout, of: Spec) -> None:
    with pytest.raises(BackupError, match="names no off-site store"):
        found(layout, of)


def test_the_prefix_is_the_users_or_app_and_environment() -> None:
    assert prefix_of(elsewhere(offsite="s3://vault/a/b/")) == "a/b/"
    assert prefix_of(elsewhere()) == "shop/production/"
    assert prefix_of(EMBEDDED) == "shop/production/"


def test_what_is_lost_with_this_machine_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    own = next(
        one.address
        for of in psutil.net_if_addrs().values()
        for one in of
        if one.family is socket.AF_INET
    )
    addresses = {"own.example": own, "far.example": "192.0.2.7"}

    def lookup(host: str, port: int, **_: object) -> list[Any]:
        if host not in addresses:
            raise socket.gaierror(host)
        return [(socket.AF_INET, None, None, None, (addresses[host], port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    for here in ("https://127.0.0.1:9000", "https://localhost", "https://own.example"):
        assert on_this_machine(elsewhere(endpoint=here)), here
    for there in ("https://far.example", "https://nobody.invalid"):
        assert not on_this_machine(elsewhere(endpoint=there)), there
    assert not on_this_machine(elsewhere())
    assert on_this_machine(EMBEDDED)
    assert on_this_machine(spec(backups={}))
    assert on_this_machine(spec())
