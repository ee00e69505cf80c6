"""What the server's log says of prepared statements, and whose doing it was."""

import pytest
from tests.checklist.edges import Edges
from tests.checklist.pool_stand import AT, PoolStand
from tests.servers import Reply

from uz.checklist.pooling import statements
from uz.checklist.pooling.statements import (
    app_statements,
    complaints,
    errors,
    own_doing,
    paths,
    visit,
)
from uz.testing import FakeEnvironment, spec
from uz.verdict import State

GONE = f'{AT} app@app ERROR:  prepared statement "_pg3_0" does not exist'
TWICE = f'{AT} app@app ERROR:  prepared statement "P_0" already exists'
UNNAMED = f"{AT} app@app ERROR:  unnamed prepared statement does not exist"


def mark(token: str, what: str) -> str:
    """A mark in the log."""
    return f"{AT} postgres@postgres LOG:  uz-proof {token} {what}"


def test_an_app_without_complaints_is_proven_when_it_used_the_database(stand: PoolStand) -> None:
    found = app_statements(stand)
    assert found.state is State.PROVEN
    assert (
        found.figures.items() >= {"requests": 300, "busy_connections": 3, "complaints": 0}.items()
    )


@pytest.mark.parametrize("line", [GONE, TWICE, UNNAMED])
def test_a_complaint_refutes_it_and_is_quoted(stand: PoolStand, line: str) -> None:
    stand.written["database-1"].append(line)
    found = app_statements(stand)
    assert found.state is State.REFUTED
    assert line.partition("ERROR:  ")[2] in found.reason


def test_a_complaint_on_the_server_that_led_before_counts_too(stand: PoolStand) -> None:
    stand.written["database-2"].append(GONE)
    assert app_statements(stand).state is State.REFUTED


def test_an_app_that_asked_nothing_of_the_database_looks_right_and_is_undecided(
    stand: PoolStand,
) -> None:
    stand.busy = 0
    found = app_statements(stand)
    assert found.state is State.UNKNOWN
    assert "let app.health ask the database" in found.reason


def test_requests_that_were_never_answered_decide_nothing(
    stand: PoolStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "visit", lambda _env: 300)
    assert app_statements(stand).state is State.UNKNOWN


def test_a_log_that_does_not_show_what_is_written_decides_nothing(
    stand: PoolStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand, "logs", lambda *_: ())
    assert complaints(stand) is None
    assert app_statements(stand).state is State.UNKNOWN


def test_what_uz_drew_itself_counts_only_while_it_does_it(stand: PoolStand) -> None:
    with own_doing(stand):
        stand.written["database-1"].append(GONE)
        assert app_statements(stand).state is State.REFUTED
    assert app_statements(stand).state is State.PROVEN


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([GONE, mark("a", "begins"), TWICE, mark("a", "ends")], 1),
        ([mark("a", "begins"), GONE, mark("a", "ends"), TWICE], 1),
        ([mark("a", "begins"), GONE, TWICE], 2),
        ([mark("a", "begins"), GONE, mark("b", "begins"), TWICE, mark("b", "ends")], 1),
        ([mark("a", "begins"), GONE, mark("b", "ends")], 1),
        ([mark("a", "looks"), GONE, mark("a", "looks")], 1),
        ([f"{AT} postgres@postgres STATEMENT:  DO 'uz-proof a begins'; END $$", GONE], 1),
        ([GONE.replace("app@app", "migrations@app")], 0),
        ([f'{AT} app@app STATEMENT:  SELECT \'prepared statement "x" does not exist\''], 0),
    ],
    ids=[
        "before", "after", "never closed", "closed by another one", "another's end", "looks",
        "the statement itself", "not the app", "not an error",
    ],
)  # fmt: skip
def test_only_what_lies_between_closed_marks_is_left_out(lines: list[str], count: int) -> None:
    assert len(errors(lines)) == count


def test_health_and_the_first_page_are_asked_for() -> None:
    assert paths(FakeEnvironment(spec("trial", app={"health": "/health"}))) == ("/health", "/")
    assert paths(FakeEnvironment(spec("trial", app={"health": "/"}))) == ("/",)


@pytest.mark.parametrize(("status", "failed"), [(200, 0), (404, 0), (503, 300)])
def test_every_visit_is_counted_and_failed_ones_too(edge: Edges, status: int, failed: int) -> None:
    asked: list[str] = []

    def app(method: str, host: str, path: str) -> Reply:
        asked.append(path)
        return Reply(status, {})

    assert visit(edge(secure=app)) == failed
    assert len(asked) == 300
