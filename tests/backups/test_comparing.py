from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.comparing import compare
from uz.backups.counting import Contents
from uz.backups.point import Point, Table
from uz.backups.structure import digest

TABLES = {"public.orders": Table(3, "17"), "public.notes": Table(1, "4")}
OBJECTS = {"table public.orders": "aa", "index public.orders_pkey": "bb"}
POINT = Point("p", datetime(2026, 1, 1, tzinfo=UTC), "0/1", "1", "abc", TABLES,
              digest(OBJECTS), OBJECTS)  # fmt: skip
SAME = Contents(TABLES, OBJECTS)
CONTENTS = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.builds(Table, st.integers(0, 3), st.sampled_from("xy"))
)


def differences(**tables: Table | None) -> tuple[str, ...]:
    changed = TABLES | {f"public.{name}": one for name, one in tables.items()}
    return compare(POINT, Contents({k: v for k, v in changed.items() if v}, OBJECTS))


def test_what_is_the_same_has_no_difference() -> None:
    assert compare(POINT, SAME) == ()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "public.orders: the table is missing, which had 3 rows"),
        (Table(2, "9"), "public.orders: 2 of 3 rows: 1 fewer than the source had"),
        (Table(0, "0"), "public.orders: 0 of 3 rows: 3 fewer than the source had"),
        (Table(4, "9"), "public.orders: 4 rows: 1 more than the source had"),
        (Table(3, "9"), "public.orders: 3 rows, as many as the source had, and not the same"),
    ],
)
def test_a_difference_in_a_table_is_said_in_words(found: Table | None, said: str) -> None:
    assert differences(orders=found) == (said,)


def test_a_table_too_many_is_a_difference() -> None:
    assert differences(more=Table(0, "0")) == ("public.more: a table that the source did not have",)


def test_a_table_that_cannot_be_read_is_a_difference_with_the_servers_words() -> None:
    found = Contents(
        {"public.notes": TABLES["public.notes"]}, OBJECTS, {"public.orders": "bad page"}
    )
    assert compare(POINT, found) == ("public.orders: cannot be counted: bad page",)


def test_what_the_point_left_out_is_not_compared() -> None:
    point = replace(POINT, tables={"public.notes": TABLES["public.notes"]},
                    left_out={"public.orders": "emptied"})  # fmt: skip
    assert compare(point, SAME) == ()


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ({"table public.orders": "aa"}, "index public.orders_pkey: missing"),
        (OBJECTS | {"index public.orders_pkey": "cc"},
         "index public.orders_pkey: defined otherwise than in the source"),
        (OBJECTS | {"view public.v": "cc"}, "view public.v: the source did not have it"),
    ],
)  # fmt: skip
def test_a_difference_in_structure_names_what_differs(objects: dict[str, str], said: str) -> None:
    assert compare(POINT, Contents(TABLES, objects)) == (said,)


def test_a_point_without_a_digest_of_each_still_tells_whether_all_is_the_same() -> None:
    short = replace(POINT, objects={})
    assert compare(short, SAME) == ()
    assert compare(short, Contents(TABLES, {})) == ("the structure differs",)


@given(CONTENTS, CONTENTS)
def test_nothing_is_said_exactly_when_all_is_the_same(
    was: dict[str, Table], now: dict[str, Table]
) -> None:
    point = replace(POINT, tables=was)
    assert (not compare(point, Contents(now, OBJECTS))) is (was == now)
