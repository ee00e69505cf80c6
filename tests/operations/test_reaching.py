import pytest
from tests.places import Projects

from uz.errors import BusyError, RefusedError, UnreachableError, UzError
from uz.managers import ManagedSecrets
from uz.operations import reaching
from uz.operations.managed import Managed
from uz.operations.place import changing
from uz.operations.reaching import reached
from uz.testing import MemoryManager
from uz.trail import entries

BAO = {"manager": "openbao"}
SOURCE = ManagedSecrets(MemoryManager(), "secret/uz")


def silent(_name: str, _what: str) -> None:
    """Tell nobody."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the manager was started."""
    done: list[str] = []

    def managed(_place: object, _progress: object) -> Managed:
        done.append("started")
        return Managed(SOURCE.manager, SOURCE)

    monkeypatch.setattr(reaching, "managed", managed)
    return done


def answering(monkeypatch: pytest.MonkeyPatch, with_: ManagedSecrets | UzError) -> None:
    def log_in(*_: object) -> ManagedSecrets:
        if isinstance(with_, UzError):
            raise with_
        return with_

    monkeypatch.setattr(reaching, "log_in", log_in)


def test_a_manager_that_is_up_is_reached_while_another_command_works(
    projects: Projects, monkeypatch: pytest.MonkeyPatch, started: list[str]
) -> None:
    place = projects.applied(secrets=BAO)
    answering(monkeypatch, SOURCE)
    with changing(place.layout, "up"):
        assert reached(place, "secrets list", silent).manager is SOURCE.manager
    assert started == []


def test_one_that_is_down_is_started_and_the_trail_says_for_what(
    projects: Projects, monkeypatch: pytest.MonkeyPatch, started: list[str]
) -> None:
    place = projects.applied(secrets=BAO)
    answering(monkeypatch, UnreachableError("no answer"))
    assert reached(place, "secrets list", silent).source is SOURCE
    assert started == ["started"]
    assert entries(place.layout.trail)[-1].command == "uz secrets list"
    with changing(place.layout, "up"), pytest.raises(BusyError):
        reached(place, "secrets list", silent)


def test_one_that_refuses_is_not_started_anew(
    projects: Projects, monkeypatch: pytest.MonkeyPatch, started: list[str]
) -> None:
    answering(monkeypatch, RefusedError("permission denied"))
    with pytest.raises(RefusedError):
        reached(projects.applied(secrets=BAO), "secrets list", silent)
    assert started == []


def test_a_manager_of_the_users_own_holds_nobody_up(projects: Projects, started: list[str]) -> None:
    place = projects.applied(secrets={"manager": "awssecrets"})
    with changing(place.layout, "up"):
        assert reached(place, "secrets list", silent).source is SOURCE
