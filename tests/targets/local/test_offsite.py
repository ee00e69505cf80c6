"""The embedded store's certificate and bucket: made once, and put right at each run."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import ExtendedKeyUsage, load_pem_x509_certificate
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.backups.seaweed_server import Seaweed, seaweed

from uz.backups.s3 import S3Store
from uz.components.offsite import BUCKET, TLS_CERTIFICATE, TLS_KEY, secret_of
from uz.errors import SecretError, StoreError
from uz.spec import Spec
from uz.targets.local import offsite
from uz.targets.local.layout import Layout
from uz.targets.local.offsite import certify_offsite, embedded_store, make_bucket
from uz.testing import MemorySecrets, spec

OWN = spec(backups={"offsite": "embedded"})


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    found = Layout(tmp_path, "shop", "production")
    found.data.mkdir(parents=True)
    return found


def test_the_certificate_is_made_once_and_may_be_shown_by_both_sides(layout: Layout) -> None:
    source = MemorySecrets()
    certify_offsite(layout, OWN, source)
    first = dict(source.values)
    certify_offsite(layout, OWN, source)
    assert source.values == first
    leaf = load_pem_x509_certificate(first[TLS_CERTIFICATE].reveal())
    authority = load_pem_x509_certificate((layout.data / "offsite-authority.pem").read_bytes())
    leaf.verify_directly_issued_by(authority)
    usage = leaf.extensions.get_extension_for_class(ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    key = load_pem_private_key(first[TLS_KEY].reveal(), None)
    assert key.public_key() == leaf.public_key()


def test_a_certificate_that_ends_is_renewed_by_the_same_authority(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = MemorySecrets()
    monkeypatch.setattr(offsite, "LEAF_DAYS", 20)
    certify_offsite(layout, OWN, source)
    before = source.values[TLS_CERTIFICATE], (layout.data / "offsite-authority.pem").read_bytes()
    certify_offsite(layout, OWN, source)
    assert source.values[TLS_CERTIFICATE] != before[0]
    assert (layout.data / "offsite-authority.pem").read_bytes() == before[1]


def test_it_leaves_the_authority_of_the_edge_alone(layout: Layout) -> None:
    source = MemorySecrets()
    certify_offsite(layout, OWN, source)
    assert {name.partition("/")[0] for name in source.names()} == {"offsite"}


@pytest.mark.parametrize("table", [None, {}])
def test_without_an_embedded_store_nothing_is_made(
    layout: Layout, table: dict[str, str] | None
) -> None:
    source = MemorySecrets()
    other = spec() if table is None else spec(backups=table)
    certify_offsite(layout, other, source)
    assert source.names() == ()
    assert not list(layout.data.iterdir())


def test_a_missing_secret_is_told(layout: Layout) -> None:
    with pytest.raises(SecretError, match="offsite/adder"):
        embedded_store(layout, OWN, MemorySecrets(), "adder")


@pytest.fixture
def served(
    layout: Layout, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> "Served":
    return Served(layout, monkeypatch)


class Served:
    """Lets the embedded store be a server of the test's."""

    def __init__(self, layout: Layout, patch: pytest.MonkeyPatch) -> None:
        self.layout, self.patch = layout, patch
        self.source = MemorySecrets()

    def by(self, server: Seaweed) -> None:
        """From now on."""
        (self.layout.data / "offsite-authority.pem").write_bytes(server.authority.read_bytes())
        for identity, secret in server.keys.items():
            self.source.write(secret_of(identity), secret)
        self.patch.setattr("uz.spec.spec.Ports.offsite", server.ports)

    def locked_days(self, wanted: Spec) -> int:
        """How long the bucket keeps what is added, after it was made or put right."""
        make_bucket(self.layout, wanted, self.source)
        client = self.admin.connection.client
        assert client.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
        found = client.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
        rule = found["Rule"]["DefaultRetention"]
        assert rule["Mode"] == "GOVERNANCE"
        return int(rule["Days"])

    @property
    def admin(self) -> S3Store:
        """The store as who may do all."""
        return embedded_store(self.layout, OWN, self.source, "admin")


@pytest.mark.live
def test_the_bucket_is_made_once_and_put_right_at_each_run(
    served: Served, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with seaweed(tmp_path_factory.mktemp("store")) as server:
        served.by(server)
        with pytest.raises(StoreError, match="no such bucket"):
            served.admin.list()
        served.admin.connection.client.create_bucket(  # as far as a run came that was killed
            Bucket=BUCKET, ObjectLockEnabledForBucket=True
        )
        assert served.locked_days(OWN) == 14
        assert served.locked_days(OWN) == 14
        assert OWN.backups is not None
        longer = OWN.backups.model_copy(update={"lock": timedelta(days=20, hours=1)})
        assert served.locked_days(OWN.model_copy(update={"backups": longer})) == 21
