import pytest
from tests.checklist.database_stand import DatabaseStand, visited

from uz.checklist.managed import users as module
from uz.checklist.managed.users import COMMIT, as_app, problem, served, users
from uz.errors import ProgramError


def test_statements_run_one_after_another_by_the_apps_role() -> None:
    stand = DatabaseStand()
    done = as_app(stand, COMMIT, COMMIT)
    assert done.stdout.split() == ["0/1", "0/1"]
    assert stand.asked == [("app", COMMIT)] * 2


def test_a_problem_is_said_in_the_servers_words() -> None:
    stand = DatabaseStand()
    assert problem(stand, COMMIT) == ""
    stand.refused = "psql:<stdin>:1: error: FATAL:  query_wait_timeout"
    assert problem(stand, COMMIT) == "FATAL:  query_wait_timeout"


def test_no_answer_in_time_is_a_problem() -> None:
    stand = DatabaseStand(replication="synchronous")
    stand.stop("database-1")
    assert problem(stand, COMMIT, 0.1) == "no answer in 0.1 s"
    with pytest.raises(ProgramError):
        as_app(stand, COMMIT, within=0.1)


def test_an_app_is_served_when_it_is_well_and_can_write() -> None:
    stand = DatabaseStand()
    assert served(stand)
    stand.broken.add("app-1")
    assert not served(stand)
    stand.broken.clear()
    stand.refused = "FATAL"
    assert not served(stand)


def test_what_users_see_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "observed", visited(failing=2))
    stand = DatabaseStand()
    with users(stand, COMMIT, 1) as seen:
        seen.query()
        stand.refused = "FATAL"
        seen.query()
    assert (seen.queries.failed, seen.visits.failed) == (1, 2)
    assert seen.error == "FATAL"
    assert seen.figures["failed_queries"] == 1
    assert "2 of 100 requests" in str(seen)


def test_the_app_queries_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "observed", visited())
    monkeypatch.setattr(module, "QUERIES", 50)
    with users(DatabaseStand(), COMMIT, 1) as seen:
        while seen.queries.sent < 3:
            pass
    assert seen.queries.failed == 0
    assert seen.error == ""
