import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.invariants import Question, parse_questions, violations
from uz.errors import BackupError


@given(st.lists(st.tuples(st.text(), st.text())))
def test_questions_are_read_as_the_server_wrote_them(found: list[tuple[str, str]]) -> None:
    assert parse_questions(json.dumps(found)) == tuple(Question(a, b) for a, b in found)


@pytest.mark.parametrize("text", ["", "{", "[1]", "[[1]]", "null"])
def test_what_is_no_list_of_questions_is_an_error(text: str) -> None:
    with pytest.raises(BackupError, match="the list of invariants cannot be read"):
        parse_questions(text)


def test_the_users_sql_is_counted_whatever_it_ends_with() -> None:
    assert violations("SELECT 1;\n") == "SELECT count(*) FROM (\nSELECT 1\n) AS violations"
    assert violations("SELECT 1 -- why").endswith("-- why\n) AS violations")
