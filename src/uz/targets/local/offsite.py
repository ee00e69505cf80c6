"""The embedded off-site store of an environment: its certificate, and its bucket."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from uz.backups.s3 import Bucket, S3Store
from uz.backups.s3_errors import code_of
from uz.components.offsite import AUTHORITY as AUTHORITY_FILE
from uz.components.offsite import (
    BUCKET,
    CA_CERTIFICATE,
    CA_KEY,
    TLS_CERTIFICATE,
    TLS_KEY,
    secret_of,
)
from uz.errors import SecretError
from uz.secret import Secret, SecretSource
from uz.spec import Spec
from uz.targets.local.certificates import (
    AUTHORITY,
    AUTHORITY_KEY,
    LEAF_DAYS,
    authority_certificate,
    issue,
    still_good,
)
from uz.targets.local.folders import write
from uz.targets.local.layout import Layout

NAMES = ("127.0.0.1", "localhost")
OWN = {AUTHORITY_KEY: CA_KEY, AUTHORITY: CA_CERTIFICATE}
"""Its CA is another than the edge's, which need not be there."""
THERE = frozenset({"BucketAlreadyExists", "BucketAlreadyOwnedByYou"})


@dataclass(frozen=True)
class _OwnAuthority:
    """The secrets of an environment, with the store's CA where the edge's would be."""

    source: SecretSource

    def read(self, name: str) -> Secret | None:
        return self.source.read(OWN.get(name, name))

    def write(self, name: str, secret: Secret) -> None:
        self.source.write(OWN.get(name, name), secret)

    def remove(self, name: str) -> None:
        self.source.remove(OWN.get(name, name))

    def names(self) -> tuple[str, ...]:
        return self.source.names()


def certify_offsite(layout: Layout, spec: Spec, source: SecretSource) -> None:
    """See to it that the store has a certificate, a new one when it is time, and clients its CA's.

    Nothing happens where there is no embedded store. Raises SecretError and MachineError.
    """
    if not embedded(spec):
        return
    own = _OwnAuthority(source)
    key, certificate = source.read(TLS_KEY), source.read(TLS_CERTIFICATE)
    if key is None or certificate is None or not still_good(key, certificate, NAMES):
        key, certificate = issue(own, NAMES, days=LEAF_DAYS, client=True)
        source.write(TLS_KEY, key)
        source.write(TLS_CERTIFICATE, certificate)
    write(layout.root / AUTHORITY_FILE, authority_certificate(own) or b"", 0o644)


def embedded(spec: Spec) -> bool:
    """Whether Uz runs the store itself."""
    return spec.backups is not None and spec.backups.embedded


def embedded_store(
    layout: Layout, spec: Spec, source: SecretSource, identity: str, prefix: str = ""
) -> S3Store:
    """The embedded store as one of its identities. Raises SecretError and StoreError."""
    secret = source.read(secret_of(identity))
    if secret is None:
        raise SecretError(
            f"{secret_of(identity)}: not there",
            hint="`uz up` makes it, where backups.offsite is embedded.",
        )
    endpoint = f"https://127.0.0.1:{spec.ports.offsite[0]}"
    authority = layout.root / AUTHORITY_FILE
    place = Bucket(BUCKET, endpoint, prefix=prefix, authority=authority)
    return S3Store(place, Secret(identity.encode()), secret)


def make_bucket(layout: Layout, spec: Spec, source: SecretSource) -> None:
    """Make the bucket, or put right what an interrupted run left: versions, and a lock as long as
    `backups.lock` says. Raises SecretError and StoreError."""
    assert spec.backups is not None
    connection = embedded_store(layout, spec, source, "admin").connection
    client = connection.client
    with connection.asking("making it"):
        try:
            client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        except connection.refusal as error:
            if code_of(error) not in THERE:
                raise
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        client.put_object_lock_configuration(
            Bucket=BUCKET, ObjectLockConfiguration=_locked(spec.backups.lock)
        )


def _locked(lock: timedelta) -> dict[str, object]:
    """Object lock in whole days, none less than was asked for: S3 knows no others."""
    days = ceil(lock / timedelta(days=1))
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": days}}
    return {"ObjectLockEnabled": "Enabled", **({"Rule": retention} if days else {})}
