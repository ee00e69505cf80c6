import pytest

from uz.backups.damage import CLOSE, OPEN, SCHEMA, Looked, looking, parse_looked, parse_numbers
from uz.errors import BackupError


def test_all_is_made_in_a_schema_of_its_own_which_goes_again() -> None:
    assert f"CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA {SCHEMA}" in OPEN
    assert f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE" in CLOSE


def test_indexes_and_tables_are_looked_at_by_their_numbers() -> None:
    assert looking((1, 2), heap=False) == f"SELECT {SCHEMA}.damaged('{{1,2}}'::oid[], false)"
    assert looking((), heap=True) == f"SELECT {SCHEMA}.damaged('{{}}'::oid[], true)"


def test_what_was_found_is_a_line_each() -> None:
    said = '{"checked": 3, "damaged": [["orders_pkey", "item order\\n invariant violated"]]}'
    assert parse_looked(said) == Looked(3, ("orders_pkey: item order invariant violated",))
    assert parse_numbers("[1, 2]") == (1, 2)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"checked": 1}', "null"])
def test_what_cannot_be_read_is_an_error_and_not_nothing_found(text: str) -> None:
    with pytest.raises(BackupError):
        parse_looked(text)


@pytest.mark.parametrize("text", ["", "{", "null", '["x"]'])
def test_what_is_no_list_of_numbers_is_an_error(text: str) -> None:
    with pytest.raises(BackupError):
        parse_numbers(text)
