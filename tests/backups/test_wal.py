import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.wal import first_missing, is_segment, name_of, number_of, timeline_of
from uz.errors import BackupError

PLACES = st.integers(0, 2**40 - 1)
TIMELINES = st.integers(1, 2**32 - 1)


@given(TIMELINES, PLACES)
def test_a_name_tells_its_timeline_and_its_place(timeline: int, number: int) -> None:
    name = name_of(timeline, number)
    assert is_segment(name)
    assert (timeline_of(name), number_of(name)) == (timeline, number)


@given(TIMELINES, TIMELINES, st.integers(0, 2**40 - 2))
def test_numbers_go_on_on_another_timeline(one: int, other: int, number: int) -> None:
    assert number_of(name_of(one, number)) + 1 == number_of(name_of(other, number + 1))


def test_names_are_as_postgresql_writes_them() -> None:
    assert number_of("000000010000000000000001") == 1
    assert number_of("0000000100000001000000FF") == 511
    assert name_of(2, 256) == "000000020000000100000000"


@pytest.mark.parametrize(
    "name", ["", "00000002.history", "00000001000000000000000g", "0000000100000000000000010"]
)
def test_what_is_no_log_file_is_refused(name: str) -> None:
    assert not is_segment(name)
    with pytest.raises(BackupError, match="no log file"):
        number_of(name)


@given(st.sets(st.integers(0, 50)), st.integers(0, 50), st.integers(0, 50))
def test_the_first_gap_is_found(numbers: set[int], first: int, last: int) -> None:
    gap = first_missing(numbers, first, last)
    if gap is None:
        assert set(range(first, last + 1)) <= numbers
    else:
        assert first <= gap <= last
        assert gap not in numbers
        assert set(range(first, gap)) <= numbers
