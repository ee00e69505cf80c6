from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from uz.backups.s3_versions import first_versions, only_versions

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def version(key: str, number: int, second: int = 0, size: int = 5) -> dict[str, Any]:
    """One version, as S3 lists it."""
    at = NOW + timedelta(seconds=second)
    return {"Key": key, "VersionId": f"v{number}", "LastModified": at, "Size": size, "ETag": '"e"'}


def marker(key: str) -> dict[str, Any]:
    """A delete marker."""
    return {"Key": key, "VersionId": "gone", "LastModified": NOW + timedelta(days=1)}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.data())
def test_the_oldest_counts_however_pages_are_cut(seconds: list[int], data: st.DataObject) -> None:
    """Newest first; S3 tells whole seconds, so that several may have the same."""
    ordered = sorted(seconds)
    listed = [version("one", number, at) for number, at in enumerate(ordered)][::-1]
    cut = data.draw(st.integers(0, len(listed)))
    (found,) = first_versions([{"Versions": listed[:cut]}, {"Versions": listed[cut:]}])
    assert found.stored.version == "v0"
    assert found.stored.overwritten == (len(seconds) > 1)


def test_where_the_order_of_the_list_is_another_the_time_decides() -> None:
    (found,) = first_versions([{"Versions": [version("one", 0, 0), version("one", 1, 5)]}])
    assert found.stored.version == "v0"


def test_a_delete_marker_hides_nothing_and_is_told() -> None:
    pages = [{"Versions": [version("one", 0)], "DeleteMarkers": [marker("one")]}]
    (found,) = first_versions(pages)
    assert (found.key, found.stored.version, found.stored.overwritten) == ("one", "v0", True)


def test_what_is_deleted_with_all_versions_is_not_there() -> None:
    assert not list(first_versions([{"DeleteMarkers": [marker("one")]}, {}]))


def test_without_versioning_the_object_is_asked_for_without_a_version() -> None:
    alone = version("one", 0) | {"VersionId": "null"}
    (found,) = first_versions([{"Versions": [alone]}])
    assert found.stored.version == ""
    (found,) = first_versions([{"Versions": [version("one", 1, 5), alone]}])
    assert found.stored.version == "null"


def test_times_are_in_utc_and_etags_without_quotes() -> None:
    local = version("one", 0) | {"LastModified": NOW.astimezone()}
    for (found,) in (
        first_versions([{"Versions": [local]}]),
        only_versions([{"Contents": [local]}]),
    ):
        assert (found.stored.at, found.stored.at.tzinfo, found.etag) == (NOW, UTC, "e")
