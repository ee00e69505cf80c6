from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from uz.backups.readback import SHARE, turn

SIZES = st.dictionaries(st.text("abc/0", min_size=1), st.integers(1, 100), max_size=60)


@given(SIZES, st.integers(0, 10**6))
def test_in_as_many_turns_as_there_are_shares_all_are_read(
    sizes: dict[str, int], begun: int
) -> None:
    turns = [turn(sizes, begun + number) for number in range(SHARE)]
    assert {path for one in turns for path in one} == sizes.keys()
    due = Counter(path for one in turns if len(one) > 1 for path in one)
    assert set(due.values()) <= {1}


@given(SIZES.filter(bool), st.integers(0, 10**6))
def test_of_few_one_is_read_all_the_same(sizes: dict[str, int], number: int) -> None:
    assert turn(sizes, number)
    assert turn({}, number) == []


@given(SIZES, st.integers(0, 10**6), st.integers(1, 200))
def test_no_turn_reads_more_than_the_most_but_always_one(
    sizes: dict[str, int], number: int, most: int
) -> None:
    chosen = turn(sizes, number, share=1, most=most)
    assert bool(chosen) == bool(sizes)
    assert len(chosen) == 1 or sum(sizes[path] for path in chosen) <= most


def test_where_not_all_can_be_read_the_turns_begin_at_another_one_each() -> None:
    sizes = {str(number): 10 for number in range(7)}
    begun = {turn(sizes, number, share=1, most=10)[0] for number in range(7)}
    assert begun == set(sizes)


@given(st.integers(0, 10**6), st.integers(1, 400).filter(lambda days: days % SHARE))
def test_once_a_month_reads_all_of_it_in_the_end_as_once_a_day_does(begun: int, days: int) -> None:
    sizes = {f"database/{number}": 1 for number in range(100)}
    read = {path for time in range(SHARE) for path in turn(sizes, begun + time * days)}
    assert read == set(sizes)
