"""What is in a bucket: each object as it was first written, and all versions of one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from uz.backups.s3_client import Connection
from uz.backups.s3_errors import FORBIDDEN, UNKNOWN, code_of, told
from uz.backups.s3_versions import Written, first_versions, only_versions

VERSIONS, OBJECTS = "list_object_versions", "list_objects_v2"


class Listing:
    """Lists versions where the store knows them and lets one; else objects as they are now."""

    def __init__(self, connection: Connection) -> None:
        """Remember whom to ask."""
        self._connection = connection
        self.versions = True
        """Whether versions are told apart; without, who may write may also replace."""

    def below(self, prefix: str) -> dict[str, Written]:
        """All objects whose keys begin with this, by key."""
        return self._written(list(self._pages(prefix)))

    def one(self, key: str) -> Written | None:
        """One object; None where there is none."""
        return self._written(list(self._only(key))).get(key)

    def every(self, key: str) -> list[str]:
        """All versions of an object, delete markers among them; one that is empty without them."""
        pages, full = list(self._only(key)), self._connection.bucket.prefix + key
        kinds = ("Versions", "DeleteMarkers") if self.versions else ("Contents",)
        found = [one for page in pages for kind in kinds for one in page.get(kind, ())]
        return [one.get("VersionId", "") for one in found if one["Key"] == full]

    def _written(self, pages: list[dict[str, Any]]) -> dict[str, Written]:
        cut = len(self._connection.bucket.prefix)
        found = first_versions(pages) if self.versions else only_versions(pages)
        relative = (replace(one, stored=replace(one.stored, key=one.key[cut:])) for one in found)
        return {one.key: one for one in relative}

    def _only(self, key: str) -> Iterator[dict[str, Any]]:
        """The pages on which a key is: keys come in order, and longer ones after it."""
        full = self._connection.bucket.prefix + key
        for page in self._pages(key):
            yield page
            kinds = ("Versions", "DeleteMarkers", "Contents")
            if any(one["Key"] != full for kind in kinds for one in page.get(kind, ())):
                return

    def _pages(self, prefix: str) -> Iterator[dict[str, Any]]:
        connection = self._connection
        full = connection.bucket.prefix + prefix
        asked = {"Bucket": connection.bucket.name, "Prefix": full}
        with connection.asking(f"the list of {full}*"):
            if self.versions:
                try:
                    yield from self._told(VERSIONS, asked)
                    return
                except connection.refusal as error:
                    if code_of(error) not in UNKNOWN | FORBIDDEN:
                        raise
            yield from self._told(OBJECTS, asked)
            self.versions = False

    def _told(self, operation: str, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Pages that are of a store: the page of a captive portal is not an empty list."""
        for page in self._connection.client.get_paginator(operation).paginate(**asked):
            told(page, "Name", self._connection.bucket.title)
            yield page
