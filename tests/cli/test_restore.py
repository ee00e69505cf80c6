import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.backups.repositories import Paths, an_hour, minutes
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.backups.plan import plan
from uz.backups.target import Target
from uz.cli.restore import _span
from uz.operations import place as placing
from uz.operations import restore as restoring
from uz.operations import restore_in_place as in_place
from uz.operations.restore_in_place import PutBack
from uz.targets.local.backups import swapping
from uz.targets.local.backups.swapping import Before
from uz.targets.local.up import Applied

TIME = "2026-11-26T12:40:30"


class Asked:
    """What would be done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.passed_over: tuple[str, ...] = ()

    @contextmanager
    def planning(
        self, _place: object, target: Target, command: str, _progress: object, *, offsite: bool
    ) -> Iterator[tuple[object, Path]]:
        self.done.append(f"plan {command}" + (" off-site" if offsite else ""))
        made = plan([an_hour().inventory()], target, minutes(61), Paths())
        made = replace(made, passed_over=self.passed_over)
        yield SimpleNamespace(plan=made, source=SimpleNamespace(where="here", here=True)), Path()

    def privately(
        self, _place: object, _choice: object, _scratch: Path, _progress: object, look: object
    ) -> tuple[int, object]:
        self.done.append("scratch")
        server = SimpleNamespace(variables=lambda: {"PGHOST": "/socket"})
        made = SimpleNamespace(seconds={"fetch": 1.0}, server=server)
        assert callable(look)
        return look(made), made

    def in_place(self, *_words: object) -> PutBack:
        self.done.append("in place")
        return PutBack(Applied("0001"), {"fetch": 1.0}, 12.34, Path("/aside"), ("a note",))

    def undo(self, *_words: object) -> PutBack:
        self.done.append("undo")
        return PutBack(Applied("0001"), {}, 3.21, Path("/aside"))


@pytest.fixture
def asked(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Asked:
    one = Asked()
    monkeypatch.setattr(placing, "require", lambda *_: None)
    monkeypatch.setattr(restoring, "planning", one.planning)
    monkeypatch.setattr(restoring, "restore_privately", one.privately)
    monkeypatch.setattr(in_place, "restore_in_place", one.in_place)
    monkeypatch.setattr(in_place, "undo_restore", one.undo)
    projects.applied(database={}, backups={})
    return one


def test_the_plan_is_shown_first_and_alone_where_that_is_asked_for(uz: Uz, asked: Asked) -> None:
    asked.passed_over = ("backup diff: something is missing",)
    said = uz("restore", "--to", TIME, "--plan")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "to restore: 2026-11-26 12:40:30 UTC\n"
        "  from      here, repository cafe\n"
        "  backup    diff, differential, ended 2026-11-26 12:30:30 UTC\n"
        "  log       14 files, 00000001000000000000001E to 00000001000000000000002B\n"
        "  size      100.0 MiB, nothing to fetch\n"
        "  takes     about 11 s\n"
        "  without   what was written after 2026-11-26 12:40:30 UTC: the last 20 min 30 s\n"
        "  not used  backup diff: something is missing\n"
    )
    assert len(asked.done) == 1
    assert asked.done[0].endswith(f"restore --to {TIME} --plan")


def test_the_plan_is_json_where_that_is_asked_for(uz: Uz, asked: Asked) -> None:
    found = json.loads(uz("restore", "--to", TIME, "--plan", "--json", "--offsite").out)
    assert found["backup"] == "diff"
    assert (found["format"], found["lost_seconds"]) == (1, 1230)
    assert asked.done[0].endswith("off-site")


def test_a_command_runs_on_what_was_restored(uz: Uz, asked: Asked) -> None:
    said = uz("restore", "--to", "latest", "--", "sh", "-c", "exit 5")
    assert said.code == 5
    assert asked.done[-1] == "scratch"


def test_without_a_command_it_is_said_that_it_can_be_restored(uz: Uz, asked: Asked) -> None:
    said = uz("restore", "--to", "latest", "--quiet")
    assert said.code == 0
    assert said.out.endswith("the latest there is can be restored; it was removed again\n")


def test_in_place_asks_and_without_a_terminal_the_answer_is_no(uz: Uz, asked: Asked) -> None:
    said = uz("restore", "--to", TIME, "--in-place")
    assert said.code == 2
    assert "nothing was changed" in said.out
    assert "in place" not in asked.done


def test_in_place_says_what_was_done_and_how_it_is_taken_back(uz: Uz, asked: Asked) -> None:
    said = uz("restore", "--to", TIME, "--in-place", "--yes")
    assert said.code == 0
    assert said.out.endswith(
        "  note: a note\n"
        "  Redis and the app's files are as they were: only the database was put back\n"
        "2026-11-26 12:40:30 UTC is restored; the app was down for 12.3 s\n"
        "what was there before is in /aside; `uz restore --undo` puts it back\n"
    )
    found = json.loads(uz("restore", "--to", TIME, "--in-place", "--yes", "--json").out)
    assert (found["away"], found["aside"], found["notes"]) == (12.34, "/aside", ["a note"])


def test_without_anything_aside_there_is_nothing_to_undo(uz: Uz, asked: Asked) -> None:
    said = uz("restore", "--undo", "--yes")
    assert said.code == 2
    assert "nothing to undo" in said.err


def test_an_undo_asks_too(uz: Uz, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Before(datetime(2026, 11, 26, tzinfo=UTC), Path("/aside"))
    monkeypatch.setattr(swapping, "before", lambda _layout: found)
    assert uz("restore", "--undo").code == 2
    assert not asked.done
    said = uz("restore", "--undo", "--yes")
    assert said.code == 0
    assert "what was there until 2026-11-26 00:00:00 UTC is in /aside" in said.out
    assert said.out.endswith(
        "it is back; the app was down for 3.2 s\n"
        "what was there until now is put aside: `uz restore --undo` once more puts it back\n"
    )


def test_a_command_is_for_a_look_beside_alone(uz: Uz, asked: Asked) -> None:
    for how in ("--in-place", "--undo", "--plan"):
        said = uz("restore", "--to", TIME, how, "--yes", "--", "true")
        assert said.code == 2
        assert "COMMAND" in said.err
        assert "next: Write `uz restore --to MOMENT --scratch -- COMMAND`" in said.err
    assert not asked.done


def test_a_moment_has_to_be_named(uz: Uz, asked: Asked) -> None:
    said = uz("restore")
    assert said.code == 2
    assert "--to is missing" in said.err
    assert uz("restore", "--to", "soon").code == 2


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (59.6, "1 min"), (90, "1 min 30 s"), (90000, "1 d 1 h"), (86461, "1 d 1 min")],
)
def test_a_span_is_told_in_its_two_largest_units(seconds: float, told: str) -> None:
    assert _span(seconds) == told
