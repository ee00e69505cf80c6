from collections.abc import Mapping, Sequence

import pytest
from tests.places import Projects

from uz.environment import ServiceStatus
from uz.errors import UnhealthyError, UzError
from uz.operations import open_shell
from uz.operations.open_shell import database_shell, redis_shell
from uz.secret import FileSecrets, Secret
from uz.targets.local.environment import LocalEnvironment
from uz.targets.local.supervise import Supervisor
from uz.trail import entries


def healthy(_self: LocalEnvironment) -> tuple[ServiceStatus, ...]:
    return (ServiceStatus("redis", "Redis primary", running=True, healthy=True),)


def test_the_password_goes_by_the_environment_and_the_trail_says_it_was_opened(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[tuple[str, ...], Mapping[str, str]]] = []

    def attached(argv: Sequence[str], environment: Mapping[str, str]) -> int:
        seen.append((tuple(argv), environment))
        return 0

    monkeypatch.setattr(open_shell, "attached", attached)
    monkeypatch.setattr(LocalEnvironment, "status", healthy)
    place = projects.applied(redis={"purpose": "cache"})
    FileSecrets(place.layout.secrets).write("redis/admin", Secret(b"hidden"))
    assert redis_shell(place) == 0
    ((argv, environment),) = seen
    assert environment == {"REDISCLI_AUTH": "hidden"}
    assert "hidden" not in " ".join(argv)
    assert entries(place.layout.trail)[-1].command == "uz shell redis"


def test_without_a_redis_there_is_no_shell(projects: Projects) -> None:
    with pytest.raises(UzError, match=r"has no \[redis\]"):
        redis_shell(projects.applied())


def test_a_redis_that_is_down_has_no_shell(projects: Projects) -> None:
    with pytest.raises(UzError, match="not healthy") as raised:
        redis_shell(projects.applied(redis={"purpose": "cache"}))
    assert "uz up" in raised.value.hint


@pytest.mark.parametrize(("leader", "port"), [("database-1", 20400), ("database-2", 20401)])
def test_the_superusers_shell_is_on_the_primary_by_the_private_socket(
    projects: Projects, monkeypatch: pytest.MonkeyPatch, leader: str, port: int
) -> None:
    seen: list[list[str]] = []

    def attached(argv: list[str]) -> int:
        seen.append(argv)
        return 3

    monkeypatch.setattr(open_shell, "attached", attached)
    monkeypatch.setattr(open_shell, "primary", lambda _env: leader)
    monkeypatch.setattr(Supervisor, "pid", lambda _self: 1)
    place = projects.applied(database={})
    assert database_shell(place) == 3
    socket = str(place.layout.root / "run" / "database")
    assert seen == [["psql", "-h", socket, "-p", str(port), "-U", "postgres", "-d", "app"]]
    assert entries(place.layout.trail)[-1].command == "uz shell database"


def test_without_a_primary_there_is_no_shell_and_no_entry_in_the_trail(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_shell, "attached", lambda _argv: pytest.fail("opened"))
    monkeypatch.setattr(Supervisor, "pid", lambda _self: 1)
    place = projects.applied(database={})
    with pytest.raises(UnhealthyError, match="no server is the primary"):
        database_shell(place)
    assert entries(place.layout.trail) == ()


def test_without_a_database_or_when_it_is_down_there_is_no_shell(projects: Projects) -> None:
    with pytest.raises(UzError, match=r"has no \[database\]"):
        database_shell(projects.applied())
    with pytest.raises(UzError, match="is down") as raised:
        database_shell(projects.place(database={}))
    assert "uz up" in raised.value.hint
