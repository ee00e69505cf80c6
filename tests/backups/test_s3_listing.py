"""Lists are asked for page by page, and no further than is needed."""

from typing import Any

import pytest
from tests.backups.test_s3_versions import marker, version

from uz.backups.s3_client import Bucket, Connection
from uz.backups.s3_listing import OBJECTS, VERSIONS, Listing
from uz.errors import StoreRefusedError, StoreUnreachableError
from uz.secret import Secret

Pages = list[dict[str, Any]]


class Client:
    """Gives pages; what asks for versions may be refused."""

    def __init__(self, pages: Pages, refusal: Exception | None = None) -> None:
        self.pages, self.refusal, self.given = pages, refusal, 0
        self.operations: list[str] = []

    def get_paginator(self, operation: str) -> "Client":
        self.operations.append(operation)
        return self

    def paginate(self, **_: str) -> Any:
        if self.operations[-1] == VERSIONS and self.refusal:
            raise self.refusal
        for page in self.pages:
            self.given += 1
            yield {"Name": "vault", **page}


def listing(pages: Pages, code: str = "", prefix: str = "") -> tuple[Listing, Client]:
    """A listing of what this client gives."""
    place = Bucket("vault", "http://127.0.0.1:9", prefix=prefix)
    connection = Connection(place, Secret(b"k"), Secret(b"s"), 1)
    refusal = connection.refusal({"Error": {"Code": code}}, "List") if code else None
    client = Client(pages, refusal)
    connection.client = client
    return Listing(connection), client


def test_keys_are_relative_to_the_prefix() -> None:
    found, _ = listing([{"Versions": [version("shop/one", 1)]}], prefix="shop/")
    assert set(found.below("o")) == {"one"}
    one = found.one("one")
    assert one is not None
    assert one.key == "one"


def test_one_object_is_told_from_those_whose_keys_are_longer() -> None:
    pages = [{"Versions": [version("one", 1)]}, {"Versions": [version("one-more", 1)]}, {}]
    found, client = listing(pages)
    assert found.one("one") is not None
    assert client.given == 2
    assert listing(pages[1:])[0].one("one") is None


def test_all_versions_of_an_object_are_found_with_its_delete_markers() -> None:
    pages = [
        {"Versions": [version("one", 2)], "DeleteMarkers": [marker("one")]},
        {"Versions": [version("one", 1), version("one-more", 1)]},
    ]
    assert listing(pages)[0].every("one") == ["v2", "gone", "v1"]


@pytest.mark.parametrize("code", ["NotImplemented", "AccessDenied", "MethodNotAllowed"])
def test_without_versions_the_objects_are_listed_and_that_is_known(code: str) -> None:
    found, client = listing([{"Contents": [version("one", 1)]}], code)
    assert set(found.below("")) == {"one"}
    assert not found.versions
    assert found.every("one") == ["v1"]
    assert client.operations == [VERSIONS, OBJECTS, OBJECTS]


def test_another_error_is_told() -> None:
    with pytest.raises(StoreUnreachableError):
        listing([], "SlowDown")[0].below("")
    with pytest.raises(StoreRefusedError):
        listing([], "InvalidAccessKeyId")[0].below("")
