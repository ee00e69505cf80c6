"""Reading one object of an S3 store: the version that counts, and what was sent, or nothing."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from uz.backups.s3_client import Connection
from uz.backups.s3_upload import digest_of, sliced
from uz.backups.s3_versions import Written
from uz.errors import StoreError, StoreUnreachableError

CHUNK = 2**20
"""Bytes in memory at once."""
ATTEMPTS = 5
"""How often a download goes on where it was cut off."""


def chunks(connection: Connection, found: Written, start: int = 0) -> Iterator[bytes]:
    """The content from a byte on. Raises StoreError and its kinds."""
    asked = {"Bucket": connection.bucket.name, "Key": connection.bucket.prefix + found.key}
    if found.stored.version:
        asked["VersionId"] = found.stored.version
    if start:
        asked["Range"] = f"bytes={start}-"
    with connection.asking(found.key):
        answer = connection.client.get_object(**asked)
    with answer["Body"] as body:
        while True:
            with connection.asking(found.key):
                chunk = body.read(CHUNK)
            if not chunk:
                return
            yield chunk


def copied(connection: Connection, found: Written, file: IO[bytes]) -> None:
    """Write the content into an empty file. Raises StoreError where it is not what was sent."""
    digest = hashlib.md5(usedforsecurity=False)
    for attempt in range(ATTEMPTS):
        before = file.tell()
        try:
            for chunk in chunks(connection, found, before):
                digest.update(chunk)
                file.write(chunk)
        except StoreUnreachableError:
            if not file.tell() or attempt == ATTEMPTS - 1:
                raise
            continue
        if not before < file.tell() < found.stored.size:
            break  # else it was cut off in a way that looks like the end
    plain = len(found.etag) == 32
    if file.tell() != found.stored.size or (plain and digest.hexdigest() != found.etag):
        raise StoreError(
            f"{connection.bucket.title}: {found.key} comes otherwise than it was sent",
            hint="The store, or what is between, damages data: try again, then ask its keeper.",
        )


def same(connection: Connection, found: Written, content: Path | bytes) -> bool:
    """Whether an object has this content: by its ETag, else by reading all of it."""
    size, etag = digest_of(content)
    if found.stored.size != size:
        return False
    if found.etag == etag:
        return True
    there, here = hashlib.sha256(), hashlib.sha256()
    for chunk in chunks(connection, found):
        there.update(chunk)
    for part in sliced(content):
        here.update(part)
    return there.digest() == here.digest()
