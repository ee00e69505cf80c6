import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.backup import Backup, BackupKind
from uz.backups.catalog import Catalog, parse_catalog
from uz.errors import BackupError

NOW = datetime(2026, 11, 26, 3, 17, 9, 120000, tzinfo=UTC)
FULL = Backup(
    "20261126-031709F", BackupKind.FULL, NOW, NOW + timedelta(seconds=3), (),
    "000000010000000000000003", "000000010000000000000004", 36_000_000, 8_000_000,
    "7712532312037362607", 15,
)  # fmt: skip
WHOLE = Catalog(
    "5f0a", NOW, "pgbackrest", (FULL,), {"database/a b": 7}, {"backup.info": b"\0x"}, "8ad1",
    "c2VhbGVk",
)  # fmt: skip


def test_a_catalog_is_read_as_it_was_written() -> None:
    assert parse_catalog(WHOLE.text()) == WHOLE


def test_one_from_before_files_were_counted_is_read_too() -> None:
    found = json.loads(WHOLE.text())
    del found["tally"]
    assert parse_catalog(json.dumps(found)).tally == ""


@given(
    st.dictionaries(st.text(min_size=1), st.integers(0, 2**62)),
    st.dictionaries(st.text(min_size=1), st.binary()),
)
def test_any_names_and_bytes_survive(files: dict[str, int], index: dict[str, bytes]) -> None:
    one = Catalog("5f0a", NOW, "pgbackrest", (FULL,), files, index)
    assert parse_catalog(one.text().encode()) == one


@given(st.datetimes(min_value=datetime(2000, 1, 1)), st.datetimes(min_value=datetime(2000, 1, 1)))
def test_later_catalogs_have_later_keys(one: datetime, other: datetime) -> None:
    first, second = sorted((one.replace(tzinfo=UTC), other.replace(tzinfo=UTC)))
    assert Catalog("a", first, "").key <= Catalog("a", second, "").key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"format": 1}',
        WHOLE.text()[:-40],
        WHOLE.text().replace("full", "x"),
    ],
)
def test_a_damaged_catalog_is_told(text: str) -> None:
    with pytest.raises(BackupError, match="damaged"):
        parse_catalog(text)


def test_a_catalog_of_another_version_says_so() -> None:
    found = json.loads(WHOLE.text()) | {"format": 2}
    with pytest.raises(BackupError, match="another version of Uz"):
        parse_catalog(json.dumps(found))
