"""An off-site store that speaks S3: AWS, or any store that is compatible."""

from io import BytesIO
from pathlib import Path

from uz.backups.s3_client import Bucket, Connection
from uz.backups.s3_download import copied, same
from uz.backups.s3_errors import FORBIDDEN, TAKEN, UNKNOWN, code_of
from uz.backups.s3_listing import Listing
from uz.backups.s3_upload import send
from uz.backups.s3_versions import Written
from uz.backups.store import Stored
from uz.backups.written import written
from uz.errors import StoreError
from uz.secret import Secret

__all__ = ["PATIENCE", "Bucket", "S3Store"]

PATIENCE = 30.0
"""Seconds that one answer may take; it is asked for three times."""
NOT_LOCKED = frozenset({"InvalidArgument", "InvalidRequest", *FORBIDDEN, *UNKNOWN})
"""What stores say to the wish to pass a lock: that there is none, or that this key may not."""


class S3Store:
    """Objects of one bucket, below a prefix: keys are relative to it."""

    def __init__(
        self, bucket: Bucket, access_key: Secret, secret_key: Secret, patience: float = PATIENCE
    ) -> None:
        """Remember where and as whom; nothing is asked yet. Raises StoreError."""
        self.bucket = bucket
        self.connection = Connection(bucket, access_key, secret_key, patience)
        self._listing = Listing(self.connection)
        self._known: dict[str, Written] = {}
        self._conditional = True

    @property
    def versions(self) -> bool:
        """Whether it tells versions apart, as far as it was asked for a list."""
        return self._listing.versions

    def list(self, prefix: str = "") -> dict[str, Stored]:
        """All objects below a prefix, by key, each as it was first written."""
        found = self._listing.below(prefix)
        self._known |= found
        return {key: one.stored for key, one in found.items()}

    def put(self, key: str, content: Path | bytes) -> None:
        """Write an object where there is none; compare it with what is there."""
        with self.connection.asking(key):
            if self._conditional:
                try:
                    send(self.connection.client, self._place(key), content, IfNoneMatch="*")
                    return
                except self.connection.refusal as error:
                    if code_of(error) not in TAKEN | UNKNOWN:
                        raise
                    self._conditional = code_of(error) in TAKEN
            there = self._listing.one(key)
            if there is None:
                send(self.connection.client, self._place(key), content)
            elif not same(self.connection, there, content):
                raise StoreError(
                    f"{self.bucket.title}: {key} is there already, and is something else",
                    hint="Nothing was replaced. Does another environment use the same prefix?",
                )

    def read(self, key: str) -> bytes:
        """The content of a small object."""
        content = BytesIO()
        copied(self.connection, self._counting(key), content)
        return content.getvalue()

    def fetch(self, key: str, path: Path) -> None:
        """Write an object into a file, going on where a connection breaks."""
        found = self._counting(key)
        with written(path) as file:
            copied(self.connection, found, file)

    def remove(self, key: str) -> None:
        """Remove an object with all its versions, also before its lock ends, where that may be."""
        self._known.pop(key, None)
        for version in self._listing.every(key):
            with self.connection.asking(key):
                self._remove({**self._place(key), **({"VersionId": version} if version else {})})

    def _remove(self, place: dict[str, str]) -> None:
        delete = self.connection.client.delete_object
        try:
            delete(**place, BypassGovernanceRetention=True)
        except self.connection.refusal as error:
            if code_of(error) not in NOT_LOCKED:
                raise
            delete(**place)

    def _place(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket.name, "Key": self.bucket.prefix + key}

    def _counting(self, key: str) -> Written:
        """The version that counts, which stays the same. Raises StoreError where there is none."""
        found = self._known.get(key) or self._listing.one(key)
        if found is None:
            raise StoreError(f"{self.bucket.title}: there is no {key}")
        self._known[key] = found
        return found
