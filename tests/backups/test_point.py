from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.point import Point, Table, parse_point
from uz.errors import BackupError

NAMED = st.dictionaries(st.text(), st.text())
POINTS = st.builds(
    Point,
    st.text(),
    st.datetimes(timezones=st.just(UTC)),
    st.text(),
    st.text(),
    st.text(),
    st.dictionaries(st.text(), st.builds(Table, st.integers(0), st.text())),
    st.text(),
    NAMED,
    NAMED,
)


@given(POINTS)
def test_a_point_is_read_as_it_was_written(point: Point) -> None:
    assert parse_point(point.text()) == point


def test_later_ones_sort_later() -> None:
    keys = [
        Point("p", datetime(2026, month, 1, tzinfo=UTC), "", "", "abc", {}, "").key
        for month in (2, 10)
    ]
    assert keys == sorted(keys)
    assert all(one.startswith("abc/points/") and one.endswith(".age") for one in keys)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 1}', '{"at": 3, "tables": {}}'])
def test_what_is_no_point_is_an_error(text: str) -> None:
    with pytest.raises(BackupError, match="a recorded restore point is damaged"):
        parse_point(text)


def test_a_point_of_before_there_was_a_digest_of_each_is_read() -> None:
    text = (
        '{"name": "p", "at": "2026-01-01T00:00:00+00:00", "lsn": "0/1", "cluster": "1",'
        ' "repository": "abc", "tables": {}, "structure": "x"}'
    )
    assert parse_point(text).objects == {}
