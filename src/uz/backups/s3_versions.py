"""Which version of an object counts: the first that was written, whatever came later."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from uz.backups.store import Stored


@dataclass(frozen=True)
class Written:
    """The version that counts; `etag` is the MD5 of its content where it is a plain one."""

    stored: Stored
    etag: str

    @property
    def key(self) -> str:
        """Its key."""
        return self.stored.key


def first_versions(pages: Iterable[Mapping[str, Any]]) -> Iterator[Written]:
    """The versions that count, from the pages of ListObjectVersions: newest first for each key."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    hidden: set[str] = set()
    for page in pages:
        for one in page.get("Versions", ()):
            found.setdefault(one["Key"], []).append(one)
        hidden |= {one["Key"] for one in page.get("DeleteMarkers", ())}
    for key in sorted(found):
        versions = found[key]
        first = min(reversed(versions), key=lambda one: one["LastModified"])
        again = len(versions) > 1 or key in hidden
        alone = first["VersionId"] == "null" and not again  # as where versioning never was on
        version = "" if alone else first["VersionId"]
        stored = Stored(key, first["Size"], _time(first), version, overwritten=again)
        yield Written(stored, _etag(first))


def only_versions(pages: Iterable[Mapping[str, Any]]) -> Iterator[Written]:
    """The objects, from the pages of ListObjectsV2: of a store that keeps no versions."""
    for page in pages:
        for one in page.get("Contents", ()):
            yield Written(Stored(one["Key"], one["Size"], _time(one)), _etag(one))


def _time(one: Mapping[str, Any]) -> datetime:
    found: datetime = one["LastModified"]
    return found.astimezone(UTC)


def _etag(one: Mapping[str, Any]) -> str:
    return str(one.get("ETag", "")).strip('"')
