import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.backups.drilled import Drilled
from uz.backups.finding import Finding
from uz.errors import StoreUnreachableError, UzError
from uz.operations import drill_record
from uz.operations import place as placing
from uz.operations.drill_history import remember
from uz.operations.place import Place

AT = datetime(2026, 11, 22, 4, 41, tzinfo=UTC)
HELD = Finding("point", True, "as recorded: 3 tables with 30 rows", {"rows": 30})
WRONG = Finding("GET /cart", False, "500", {"status": 500})
PHASES = {"plan": 0.1, "fetch": 2.0, "compare": 4.0, "restore": 1.5, "moment": 3.0}


def one(*findings: Finding, stopped: str = "", rpo: float | None = 2.5) -> Drilled:
    return Drilled(AT, "cafe", "F1", "uz-1", PHASES, rpo, findings, True, stopped)


@pytest.fixture
def place(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(placing, "require", lambda *_: None)
    made = projects.applied(database={}, backups={"offsite": "embedded"})
    made.layout.repositories.mkdir(parents=True)
    return made


Comes = Callable[[Drilled | UzError], list[bool]]


@pytest.fixture
def comes(place: Place, monkeypatch: pytest.MonkeyPatch) -> Comes:
    """Let a drill come to this; the list says whether each was whole."""

    def to(what: Drilled | UzError) -> list[bool]:
        asked: list[bool] = []

        def drilled(_place: Place, progress: Any, *, whole: bool) -> Drilled:
            asked.append(whole)
            progress("drill", "fetch 4.8 MiB")
            if isinstance(what, UzError):
                raise what
            return what

        monkeypatch.setattr(drill_record, "drilled", drilled)
        return asked

    return to


def test_what_was_looked_at_is_shown_with_the_times(uz: Uz, comes: Comes) -> None:
    asked = comes(one(HELD))
    said = uz("drill")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "  drill            fetch 4.8 MiB\n"
        "WHAT   HELD  SEEN\n"
        "point  yes   as recorded: 3 tables with 30 rows\n"
        "recovery: 3.6 s (plan 0.1 s, fetch 2.0 s, restore 1.5 s);"
        " beside it compare 4.0 s, moment 3.0 s\n"
        "all came back as it was\n"
    )
    assert asked == [True]


def test_one_thing_that_is_wrong_makes_it_exit_code_one(uz: Uz, comes: Comes) -> None:
    comes(one(HELD, WRONG))
    said = uz("drill", "--quiet")
    assert said.code == 1
    assert "GET /cart  NO    500\n" in said.out
    assert said.out.endswith("what is off-site does not bring all back\n")
    assert "fetch 4.8 MiB" not in said.out


def test_what_stopped_it_is_said(uz: Uz, comes: Comes) -> None:
    comes(one(HELD, stopped="a hole in the log"))
    said = uz("drill")
    assert said.code == 1
    assert "stopped: a hole in the log\n" in said.out
    assert said.out.endswith("next: docs/how-to/drill.md says what to do, by finding\n")


def test_one_that_compared_nothing_is_not_good(uz: Uz, comes: Comes) -> None:
    comes(Drilled(AT))
    said = uz("drill")
    assert said.code == 1
    assert "beside it nothing" in said.out


def test_the_app_may_be_left_out(uz: Uz, comes: Comes) -> None:
    asked = comes(one(HELD))
    uz("drill", "--database-only")
    assert asked == [False]


@pytest.mark.parametrize(("findings", "code"), [((HELD,), 0), ((WRONG,), 1)])
def test_json_is_the_record_and_nothing_else(
    uz: Uz, comes: Comes, findings: tuple[Finding, ...], code: int
) -> None:
    comes(one(*findings))
    said = uz("drill", "--json")
    assert said.code == code
    found = json.loads(said.out)
    assert (found["ok"], found["rpo"], found["seconds"]) == (code == 0, 2.5, 3.6)
    assert found["findings"][0]["name"] == findings[0].name
    assert found["at"] == AT.isoformat()


def test_where_it_cannot_be_tried_it_is_one_screen(uz: Uz, comes: Comes) -> None:
    comes(StoreUnreachableError("https://far: no answer", hint="Is it up?"))
    said = uz("drill", "--json")
    assert said.code == 2
    assert said.err == "uz: https://far: no answer\nnext: Is it up?\n"
    assert said.out == ""


def test_those_of_before_are_shown(uz: Uz, place: Place) -> None:
    for each in (one(HELD), one(HELD, WRONG, rpo=None), one(HELD, stopped="x" * 200)):
        remember(place.layout, each)
    said = uz("drill", "--history")
    assert said.code == 0
    first, good, bad, stopped = said.out.splitlines()
    assert first.split() == ["WHEN", "BACKUP", "HELD", "TOOK", "LOST"]
    assert good.split() == ["2026-11-22", "04:41", "UTC", "F1", "yes", "3.6", "s", "2.5", "s"]
    assert "no: GET /cart: 500" in bad
    assert bad.endswith("3.6 s")
    assert "x" * 70 in stopped
    assert "x" * 90 not in stopped


def test_they_are_json_a_line_each(uz: Uz, place: Place) -> None:
    remember(place.layout, one(HELD))
    remember(place.layout, one(WRONG))
    said = uz("drill", "--history", "--json")
    assert [json.loads(line)["ok"] for line in said.out.splitlines()] == [True, False]


def test_before_the_first_one_there_are_none(uz: Uz, place: Place) -> None:
    assert place.layout.root.exists()
    said = uz("drill", "--history")
    assert said.code == 0
    assert said.out.splitlines()[1:] == []
    assert uz("drill", "--history", "--json").out == ""


def test_without_backups_there_is_nothing_to_try(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "require", lambda *_: None)
    projects.applied()
    said = uz("drill")
    assert said.code == 2
    assert "no [backups]" in said.err
