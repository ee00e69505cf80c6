import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.errors import UzError
from uz.operations import failover as failing
from uz.operations import place as placing
from uz.operations.failover import FailedOver
from uz.targets.local.supervise import Supervisor
from uz.trail import entries


@pytest.fixture(autouse=True)
def _all_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Miss no program: the machine of tests has not all of them."""
    monkeypatch.setattr(placing, "require", lambda *_: None)


class Failed:
    """What is done instead of a failover."""

    def __init__(self) -> None:
        self.to: list[str] = []
        self.answers = ""
        self.trouble: dict[str, str] = {}

    def lost(self, _env: object) -> str:
        if self.answers:
            raise UzError(f"{self.answers} is the primary, and answers", hint="`uz switchover`.")
        return "database-1: connection refused"

    def over(self, _env: object, to: str, _progress: object, _begin: object) -> FailedOver:
        self.to.append(to)
        return FailedOver("database-2", self.trouble)


@pytest.fixture
def failed(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Failed:
    one = Failed()
    monkeypatch.setattr(failing, "failover", one.over)
    monkeypatch.setattr(failing, "lost", one.lost)
    monkeypatch.setattr(Supervisor, "pid", lambda _self: 1)
    monkeypatch.setattr(Supervisor, "processes", lambda _self: {})
    projects.applied(database={})
    return one


def test_nothing_is_done_without_a_yes(uz: Uz, failed: Failed, projects: Projects) -> None:
    said = uz("failover")
    assert (said.code, failed.to) == (2, [])
    assert said.out == "database-1: connection refused\nnothing was changed\n"
    assert "What the lost primary had not sent to it is lost." in said.err
    assert "--yes" in said.err
    assert entries(projects.place(database={}).layout.trail) == ()


def test_with_a_yes_who_leads_is_said(uz: Uz, failed: Failed) -> None:
    said = uz("failover", "--yes", "--to", "database-2")
    assert (said.code, said.err, failed.to) == (0, "", ["database-2"])
    assert said.out == "database-1: connection refused\ndatabase-2 is the primary\n"


def test_a_primary_that_answers_is_told_before_anything_is_asked(uz: Uz, failed: Failed) -> None:
    failed.answers = "database-1"
    said = uz("failover")
    assert (said.code, said.out, failed.to) == (2, "", [])
    assert said.err == "uz: database-1 is the primary, and answers\nnext: `uz switchover`.\n"


def test_one_that_does_not_follow_is_named_and_the_code_is_1(uz: Uz, failed: Failed) -> None:
    failed.trouble = {"database-1": "it refuses to start"}
    said = uz("failover", "--yes")
    assert said.code == 1
    assert "database-1 does not follow yet, `uz up` tries again: it refuses to start\n" in said.out


def test_without_a_database_or_while_it_is_down_that_is_said(uz: Uz, projects: Projects) -> None:
    projects.applied(database={})
    assert "shop (production) is down\nnext: `uz up`" in uz("failover").err
    projects.project()
    assert "uz.toml has no [database]" in uz("failover").err


def test_another_projects_primary_is_not_changed(
    uz: Uz, failed: Failed, projects: Projects
) -> None:
    place = projects.place("trial", database={})
    projects.apply(place, project="/elsewhere")
    said = uz("--env", "trial", "failover", "--yes")
    assert (said.code, failed.to) == (2, [])
    assert "belongs to the project /elsewhere" in said.err
