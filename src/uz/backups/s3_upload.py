"""Sending one object to an S3 store: whole or not at all, and checked by its MD5."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from uz.backups.s3_errors import told
from uz.backups.written import disk_words
from uz.errors import BackupError

PART = 8 * 2**20
"""Bytes that are sent at once, and held in memory. At most 10,000 parts: 80 GB a file."""
SIDE_BY_SIDE = 3
"""Parts that are under way at the same time."""


def digest_of(content: Path | bytes) -> tuple[int, str]:
    """Size, and the ETag that an object of this content has. Raises MachineError."""
    size, whole = 0, hashlib.md5(usedforsecurity=False)
    parts: list[bytes] = []
    for part in sliced(content):
        size += len(part)
        whole.update(part)
        parts.append(hashlib.md5(part, usedforsecurity=False).digest())
    if size <= PART:
        return size, whole.hexdigest()
    joined = hashlib.md5(b"".join(parts), usedforsecurity=False)
    return size, f"{joined.hexdigest()}-{len(parts)}"


def sliced(content: Path | bytes) -> Iterator[bytes]:
    """The content in parts. Raises MachineError."""
    start = 0
    while part := _slice(content, start):
        yield part
        start += len(part)


def send(client: Any, place: Mapping[str, str], content: Path | bytes, **condition: str) -> None:
    """Send it to a place, bucket and key; in parts where it is large.

    Raises what the client raises, MachineError, and BackupError where it changes meanwhile.
    """
    size = len(content) if isinstance(content, bytes) else _size(content)
    if size > PART:
        _in_parts(client, place, content, size, condition)
        return
    body = _slice(content, 0)
    if len(body) != size:
        raise _changed(place)
    answer = client.put_object(**place, Body=body, ContentMD5=_md5(body), **condition)
    told(answer, "ETag", place["Bucket"])


def _in_parts(
    client: Any,
    place: Mapping[str, str],
    content: Path | bytes,
    size: int,
    condition: dict[str, str],
) -> None:
    answer = client.create_multipart_upload(**place)
    upload = {**place, "UploadId": told(answer, "UploadId", place["Bucket"])}
    try:
        parts = {"Parts": _sent(client, upload, content, size)}
        answer = client.complete_multipart_upload(**upload, MultipartUpload=parts, **condition)
        told(answer, "ETag", place["Bucket"])
    except BaseException:
        with suppress(Exception):  # what is left of it no list shows; the store may tidy it up
            client.abort_multipart_upload(**upload)
        raise


def _sent(
    client: Any, upload: Mapping[str, str], content: Path | bytes, size: int
) -> list[dict[str, Any]]:
    def part(number: int) -> dict[str, Any]:
        body = _slice(content, number * PART)
        if len(body) != min(PART, size - number * PART):
            raise _changed(upload)
        answer = client.upload_part(
            **upload, PartNumber=number + 1, Body=body, ContentMD5=_md5(body)
        )
        return {"ETag": told(answer, "ETag", upload["Bucket"]), "PartNumber": number + 1}

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        try:
            return list(pool.map(part, range(-(-size // PART))))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _slice(content: Path | bytes, start: int) -> bytes:
    if isinstance(content, bytes):
        return content[start : start + PART]
    with disk_words(content), content.open("rb") as file:
        file.seek(start)
        return file.read(PART)


def _size(path: Path) -> int:
    with disk_words(path):
        return path.stat().st_size


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _changed(place: Mapping[str, str]) -> BackupError:
    hint = "It is sent again next time."
    return BackupError(f"{place['Key']}: changed while it was sent", hint=hint)
