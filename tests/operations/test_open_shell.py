from collections.abc import Mapping, Sequence

import pytest
from tests.places import Projects

from uz.environment import ServiceStatus
from uz.errors import UzError
from uz.operations import open_shell
from uz.operations.open_shell import redis_shell
from uz.secret import FileSecrets, Secret
from uz.targets.local.environment import LocalEnvironment
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
