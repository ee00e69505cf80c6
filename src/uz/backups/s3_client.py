"""The S3 client: of one endpoint, with two keys, bounded, and blind to the user's own settings."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from uz.backups.s3_errors import store_error
from uz.errors import StoreError
from uz.secret import Secret

CONNECT = 5.0
"""Seconds until a connection stands."""
ATTEMPTS = 3
UNSET = (None, None, None, None)


@dataclass(frozen=True)
class Bucket:
    """Where objects are. `prefix` is empty or ends with a slash; without `endpoint` it is AWS."""

    name: str
    endpoint: str | None = None
    region: str = "us-east-1"
    prefix: str = ""
    authority: Path | None = None
    """PEM file of the CA that signed the endpoint's certificate."""

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.endpoint or 'AWS'}/{self.name}"


class Connection:
    """A client for one bucket. Its calls are made below `asking`, which turns what they raise."""

    def __init__(
        self, bucket: Bucket, access_key: Secret, secret_key: Secret, patience: float
    ) -> None:
        """Prepare it, so that answers come within `patience` seconds each. Raises StoreError."""
        self.bucket = bucket
        self.refusal = import_module("botocore.exceptions").ClientError
        """What the client raises where the store answers with an error."""
        with self.asking():
            self.client = _client(bucket, access_key, secret_key, patience)

    @contextmanager
    def asking(self, what: str = "") -> Iterator[None]:
        """Turn the errors of the client into StoreError and its kinds."""
        known = import_module("botocore.exceptions")
        broken = import_module("urllib3.exceptions").HTTPError
        try:
            yield
        except (known.BotoCoreError, known.ClientError, broken) as error:
            raise store_error(error, self.bucket.title, what) from None


def _client(bucket: Bucket, access_key: Secret, secret_key: Secret, patience: float) -> Any:
    if bucket.authority is not None and not bucket.authority.is_file():
        raise StoreError(f"{bucket.authority}: not there", hint="backups.authority names it.")
    for name in ("botocore", "urllib3"):
        log = logging.getLogger(name)
        log.setLevel(max(log.getEffectiveLevel(), logging.INFO))  # below, it logs what is sent
    # nothing of the user's files and profile: not another endpoint, not another key
    session = import_module("botocore.session").Session(
        {"profile": UNSET, "config_file": (None, None, "/dev/null", None)}
    )
    try:
        return session.create_client(
            "s3",
            region_name=bucket.region,
            endpoint_url=bucket.endpoint,
            aws_access_key_id=_text(access_key),
            aws_secret_access_key=_text(secret_key),
            verify=str(bucket.authority) if bucket.authority else None,
            config=_config(bucket, patience),
        )
    except ValueError as error:  # of an address that is none
        raise store_error(error, bucket.title) from None


def _text(key: Secret) -> str:
    return key.reveal().decode(errors="replace").strip()


def _config(bucket: Bucket, patience: float) -> Any:
    return import_module("botocore.config").Config(
        connect_timeout=min(patience, CONNECT),
        read_timeout=patience,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        s3={"addressing_style": "path" if bucket.endpoint else "auto"},
        ignore_configured_endpoint_urls=True,
        # MD5 is sent with each object instead: object lock asks for it, and every store knows it
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        proxies={} if loopback(bucket.endpoint) else None,
    )


def loopback(endpoint: str | None) -> bool:
    """Whether an endpoint is named as one of this machine, by address or as localhost."""
    host = urlsplit(endpoint or "").hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
