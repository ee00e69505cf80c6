import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.errors import UzError
from uz.operations import place as placing
from uz.operations import switchover as switching
from uz.operations.switchover import SwitchedOver
from uz.targets.local.state import locked
from uz.targets.local.supervise import Supervisor
from uz.trail import entries


@pytest.fixture(autouse=True)
def _all_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Miss no program: the machine of tests has not all of them."""
    monkeypatch.setattr(placing, "require", lambda *_: None)


class Switched:
    """What is done instead of a switchover."""

    def __init__(self) -> None:
        self.to: list[str] = []
        self.done: SwitchedOver | UzError = SwitchedOver("database-2", 0.52)

    def over(self, _env: object, to: str, progress: object) -> SwitchedOver:
        self.to.append(to)
        assert callable(progress)
        progress("database-1", "stopped")
        if isinstance(self.done, UzError):
            raise self.done
        return self.done


@pytest.fixture
def switched(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Switched:
    one = Switched()
    monkeypatch.setattr(switching, "switchover", one.over)
    monkeypatch.setattr(Supervisor, "pid", lambda _self: 1)
    monkeypatch.setattr(Supervisor, "processes", lambda _self: {})
    projects.applied(database={})
    return one


def test_who_leads_and_for_how_long_queries_waited_is_said(uz: Uz, switched: Switched) -> None:
    said = uz("switchover")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "  database-1       stopped\ndatabase-2 is the primary; queries waited 0.5 s\n"
    )
    assert switched.to == [""]


def test_quiet_says_the_result_alone(uz: Uz, switched: Switched) -> None:
    assert uz("--quiet", "switchover", "--to", "database-2").out == (
        "database-2 is the primary; queries waited 0.5 s\n"
    )
    assert switched.to == ["database-2"]


def test_one_that_had_only_to_be_finished_says_so(uz: Uz, switched: Switched) -> None:
    switched.done = SwitchedOver("database-2")
    assert "database-2 is the primary; an interrupted one is finished\n" in uz("switchover").out


def test_an_old_primary_that_does_not_follow_is_named_and_the_code_is_1(
    uz: Uz, switched: Switched
) -> None:
    switched.done = SwitchedOver("database-2", 0.5, {"database-1": "it refuses to start"})
    said = uz("switchover")
    assert said.code == 1
    assert "database-1 does not follow yet, `uz up` tries again: it refuses to start\n" in said.out


def test_a_refusal_has_code_2_and_is_in_the_trail(
    uz: Uz, switched: Switched, projects: Projects
) -> None:
    switched.done = UzError("there is no standby that runs", hint="`uz up` starts it.")
    said = uz("switchover", "--to", "database-3")
    assert said.code == 2
    assert said.err == "uz: there is no standby that runs\nnext: `uz up` starts it.\n"
    (entry,) = entries(projects.place(database={}).layout.trail)
    assert entry.command.endswith("switchover --to database-3")
    assert entry.outcome == "failed: there is no standby that runs"


def test_while_another_command_works_it_is_refused(
    uz: Uz, switched: Switched, projects: Projects
) -> None:
    with locked(projects.place(database={}).layout, "up"):
        said = uz("switchover")
    assert said.code == 2
    assert "`uz up (process " in said.err
    assert switched.to == []


def test_without_a_database_or_while_it_is_down_that_is_said(uz: Uz, projects: Projects) -> None:
    projects.applied(database={})
    assert "shop (production) is down\nnext: `uz up`" in uz("switchover").err
    projects.project()
    assert "uz.toml has no [database]" in uz("switchover").err


def test_another_projects_primary_is_not_changed(
    uz: Uz, switched: Switched, projects: Projects
) -> None:
    place = projects.place("trial", database={})
    projects.apply(place, project="/elsewhere")
    said = uz("--env", "trial", "switchover")
    assert (said.code, switched.to) == (2, [])
    assert "belongs to the project /elsewhere" in said.err
