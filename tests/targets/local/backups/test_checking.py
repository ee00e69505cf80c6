from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.bare_postgres import Bare, bare

from uz.components.database.roles import canary as table
from uz.errors import BackupError
from uz.targets.local.backups.canary import DATABASE, since, write
from uz.targets.local.backups.checking import as_then, canaried, compared
from uz.targets.local.backups.pointing import take_point

pytestmark = pytest.mark.live
INTERVAL = timedelta(seconds=30)


@pytest.fixture(scope="module")
def server() -> Iterator[Bare]:
    with bare() as one:
        assert one.session.script(table(), "postgres", within=30).ok
        yield one


@pytest.fixture
def fresh(server: Bare) -> Bare:
    server.ask("TRUNCATE canary", DATABASE)
    server.ask("DROP DATABASE app WITH (FORCE)", "postgres")
    server.ask("CREATE DATABASE app", "postgres")
    server.ask("CREATE TABLE notes (id int PRIMARY KEY, text text);"
               "INSERT INTO notes SELECT n, 'x' FROM generate_series(1, 100) n;"
               "CREATE TABLE few (id int)")  # fmt: skip
    return server


def test_what_is_as_recorded_holds_with_figures(fresh: Bare) -> None:
    found = compared(fresh.session.ask, take_point(fresh.session, "abc"))
    assert found.held
    assert found.detail.startswith("as recorded: 3 tables with 100 rows, ")
    assert found.figures == {"tables": 3, "rows": 100, "differences": 0}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DROP TABLE few", "public.few: the table is missing"),
        ("DELETE FROM notes WHERE id = 7", "public.notes: 99 of 100 rows"),
        ("UPDATE notes SET text = 'y' WHERE id = 7", "as many as the source had, and not the same"),
        ("INSERT INTO few VALUES (1)", "public.few: 1 row: 1 more"),
        ("CREATE INDEX more ON notes (text)", "index public.more: the source did not have it"),
        ("ALTER TABLE notes DROP CONSTRAINT notes_pkey", "index public.notes_pkey: missing"),
        ("TRUNCATE notes", "public.notes: 0 of 100 rows: 100 fewer"),
    ],
)
def test_what_is_otherwise_is_said(fresh: Bare, sql: str, said: str) -> None:
    point = take_point(fresh.session, "abc")
    fresh.ask(sql)
    found = compared(fresh.session.ask, point)
    assert not found.held
    assert said in found.detail


def test_another_database_is_not_the_one_that_was_recorded(fresh: Bare) -> None:
    point = take_point(fresh.session, "abc")
    with bare() as other:
        found = compared(other.session.ask, point)
    assert not found.held
    assert "public.notes: the table is missing, which had 100 rows" in found.detail


def test_a_source_without_a_table_proves_nothing(fresh: Bare) -> None:
    fresh.ask("DROP TABLE notes, few")
    found = compared(fresh.session.ask, take_point(fresh.session, "abc"))
    assert not found.held
    assert "the source had no table" in found.detail


def test_no_answer_holds_nothing(fresh: Bare) -> None:
    def ask(sql: str, database: str, *, within: float = 60) -> str:
        raise BackupError("no answer")

    assert compared(ask, take_point(fresh.session, "abc")).detail == "no answer"
    assert not canaried(ask, datetime.now(UTC), INTERVAL).held


def test_a_moment_with_a_row_shortly_before_it_and_none_after_is_right(fresh: Bare) -> None:
    at = write(fresh.ask)
    found = canaried(fresh.session.ask, at + timedelta(seconds=29), INTERVAL)
    assert found.held
    assert found.figures == {"gap_seconds": 29.0}
    assert canaried(fresh.session.ask, at, INTERVAL).held


def test_a_moment_has_to_have_the_row_that_was_the_newest_then(fresh: Bare) -> None:
    now = datetime.now(UTC)
    rows = [now - timedelta(seconds=each) for each in (90, 60, 30)]
    for row in rows:
        fresh.ask(f"INSERT INTO canary VALUES ('{row.isoformat()}')", "uz")
    assert since(fresh.ask, rows[1]) == tuple(rows[1:])
    assert as_then(fresh.session.ask, now, rows[2]).held
    lacking = as_then(fresh.session.ask, now, now - timedelta(seconds=10))
    assert not lacking.held
    assert "here it is of" in lacking.detail
    too_much = as_then(fresh.session.ask, rows[2] - timedelta(seconds=10), rows[1])
    assert not too_much.held
    assert "and one of" in too_much.detail


def test_a_moment_whose_newest_row_is_too_old_is_not(fresh: Bare) -> None:
    at = write(fresh.ask)
    found = canaried(fresh.session.ask, at + timedelta(seconds=51), INTERVAL)
    assert not found.held
    assert "the newest row is 51.0 s older, 50 s may be" in found.detail


def test_what_was_written_after_the_moment_may_not_be_there(fresh: Bare) -> None:
    write(fresh.ask)
    middle = datetime.now(UTC)
    write(fresh.ask)
    assert not canaried(fresh.session.ask, middle, INTERVAL).held


def test_a_moment_before_the_first_row_is_not_right(fresh: Bare) -> None:
    found = canaried(fresh.session.ask, datetime.now(UTC), INTERVAL)
    assert (found.held, "nothing was written before" in found.detail) == (False, True)
