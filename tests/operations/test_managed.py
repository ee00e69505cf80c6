from typing import Any

import pytest
from tests.places import Projects

from uz.errors import RefusedError, UzError
from uz.managers import ManagedSecrets
from uz.operations import managed as managing
from uz.operations.managed import managed
from uz.testing import MemoryManager


def nothing(*_: object) -> None:
    """No progress is shown."""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done, in order."""
    done: list[str] = []

    def start(*_: object, progress: object) -> None:
        assert progress is nothing
        done.append("start")

    def log_in(*_: object) -> ManagedSecrets:
        done.append("log in")
        return ManagedSecrets(MemoryManager(), "secret/uz")

    monkeypatch.setattr(managing, "start_openbao", start)
    monkeypatch.setattr(managing, "log_in", log_in)
    return done


def test_uzs_own_is_started_first(projects: Projects, steps: list[str]) -> None:
    found = managed(projects.place(secrets={}), nothing)
    assert steps == ["start", "log in"]
    assert found.source.manager is found.manager


@pytest.mark.parametrize(
    "table",
    [
        {"manager": "awssecrets"},
        {"manager": "vault", "address": "https://vault.example", "login": "token"},
    ],
)
def test_the_users_own_is_his_to_start(
    projects: Projects, steps: list[str], table: dict[str, Any]
) -> None:
    managed(projects.place(secrets=table), nothing)
    assert steps == ["log in"]


def test_a_file_is_no_place_for_the_users_secrets(projects: Projects, steps: list[str]) -> None:
    with pytest.raises(UzError, match="no place for secrets of yours") as raised:
        managed(projects.place(), nothing)
    assert "ref+file://" in raised.value.hint
    assert steps == []


def test_a_manager_that_refuses_is_told(
    projects: Projects, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RefusedError("no")

    monkeypatch.setattr(managing, "log_in", refuse)
    with pytest.raises(RefusedError):
        managed(projects.place(secrets={}), nothing)
