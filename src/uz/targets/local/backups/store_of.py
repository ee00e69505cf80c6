"""The off-site store of an environment, as an identity sees it, and whether it is elsewhere."""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from uz.backups.s3 import Bucket, S3Store
from uz.backups.s3_client import loopback
from uz.backups.store import Store
from uz.errors import BackupError, StoreRefusedError
from uz.managers import ManagedSecrets
from uz.managers.opening import managers_for
from uz.managers.resolve import resolve
from uz.secret import Secret, SecretSource
from uz.spec import Backups, Spec
from uz.spec.reference import parse_reference
from uz.targets.local.layout import Layout
from uz.targets.local.offsite import embedded_store

ADDER = "adder"
ACCESS, SECRET = "UZ_STORE_ACCESS_KEY", "UZ_STORE_SECRET_KEY"
"""Variables with the keys of another identity than the machine's, which are kept nowhere here."""
DELIVERED = "backups"
"""The folder, below the credentials, of what the machine's own identity reads."""


def store_of(
    layout: Layout, spec: Spec, project: Path, source: SecretSource, identity: str = ADDER
) -> Store:
    """The store that `backups.offsite` names; nothing is asked of it yet.

    `identity`: `adder` is the machine's, `retention` and `reader` are others'. Raises BackupError
    where there is no store, SecretError, StoreRefusedError where keys are missing, StoreError.
    """
    backups = spec.backups
    if backups is None or backups.offsite is None:
        raise BackupError(
            "uz.toml names no off-site store",
            hint='Write offsite = "s3://BUCKET" into [backups].',
        )
    if backups.embedded:
        return embedded_store(layout, spec, source, identity, prefix_of(spec))
    keys = _own_keys(layout, spec, project, source) if identity == ADDER else _given(identity)
    authority = project / backups.authority if backups.authority else None
    endpoint = backups.endpoint.rstrip("/") if backups.endpoint else None
    place = Bucket(backups.bucket, endpoint, backups.region, prefix_of(spec), authority)
    return S3Store(place, *keys)


def prefix_of(spec: Spec) -> str:
    """What all keys of an environment begin with, with a slash at the end."""
    given = spec.backups.prefix if spec.backups else ""
    return f"{given or f'{spec.app.name}/{spec.environment}'}/"


def on_this_machine(spec: Spec) -> bool:
    """Whether the store is lost with this machine: it has one of its addresses, or none is known.

    An endpoint whose name leads nowhere now is taken for another machine's.
    """
    backups = spec.backups
    if backups is None or backups.offsite is None or backups.embedded:
        return True
    if backups.endpoint is None:
        return False
    return loopback(backups.endpoint) or bool(_addresses(backups.endpoint) & _own_addresses())


def _own_keys(
    layout: Layout, spec: Spec, project: Path, source: SecretSource
) -> tuple[Secret, Secret]:
    """The machine's keys: as they were delivered, else as the references lead to them."""
    assert spec.backups is not None
    folder = layout.credentials / DELIVERED
    try:
        access, secret = (folder / name for name in ("access-key", "secret-key"))
        return Secret(access.read_bytes()), Secret(secret.read_bytes())
    except OSError:
        return _referred(spec, spec.backups, project, source)


def _referred(
    spec: Spec, backups: Backups, project: Path, source: SecretSource
) -> tuple[Secret, Secret]:
    assert backups.access_key is not None
    assert backups.secret_key is not None
    own = source.manager if isinstance(source, ManagedSecrets) else None
    wanted = backups.access_key, backups.secret_key
    managers = managers_for(spec, own, project)
    found = resolve(map(parse_reference, wanted), managers, names=spec.names)
    return found[backups.access_key], found[backups.secret_key]


def _given(identity: str) -> tuple[Secret, Secret]:
    access, secret = (os.environ.get(name, "") for name in (ACCESS, SECRET))
    if not access or not secret:
        raise StoreRefusedError(
            f"the keys of the identity for {identity!r} are not on this machine",
            hint=f"Set {ACCESS} and {SECRET}; `uz backup policy {identity}` prints what it"
            " has to be allowed.",
        )
    return Secret(access.encode()), Secret(secret.encode())


def _addresses(endpoint: str) -> set[str]:
    parts = urlsplit(endpoint)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {str(one[4][0]) for one in found}


def _own_addresses() -> set[str]:
    every = (one for interface in psutil.net_if_addrs().values() for one in interface)
    return {one.address.partition("%")[0] for one in every}
