import os

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.targets.local import memory
from uz.trail import entries


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uz.operations.place.require", lambda *_: None)


def test_a_command_finds_the_secrets_and_its_code_is_the_commands(
    uz: Uz, projects: Projects
) -> None:
    place = projects.applied(app={"env": {"A_KEY": "ref+file://key"}})
    (place.project / "key").write_text("hunter2hunter2")
    out = projects.folder / "out"
    script = f'cat "$CREDENTIALS_DIRECTORY/a-key" > {out}; test "$A_KEY" = hunter2hunter2 && exit 9'
    assert uz("secrets", "exec", "--", "sh", "-c", script).code == 9
    assert out.read_text() == "hunter2hunter2"
    left = memory.place(place.layout).parent.glob(f"uz-exec-{os.getpid()}-*")
    assert list(left) == []


def test_options_behind_the_command_are_its_own(uz: Uz, projects: Projects) -> None:
    projects.applied()
    assert uz("secrets", "exec", "--", "sh", "-c", 'test "$0" = --env', "--env").code == 0


def test_the_audit_trail_has_the_command_without_its_arguments(uz: Uz, projects: Projects) -> None:
    place = projects.applied()
    uz("secrets", "exec", "--", "true", "--password=hunter2")
    (entry,) = entries(place.layout.trail)
    assert entry.command == "uz secrets exec true"


def test_without_a_command_that_is_said(uz: Uz) -> None:
    assert "next: Such as" in uz("secrets", "exec", "--").err


def test_a_secret_that_is_missing_is_named_and_nothing_runs(uz: Uz, projects: Projects) -> None:
    projects.applied(app={"env": {"A_KEY": "ref+file://key"}})
    out = projects.folder / "out"
    said = uz("secrets", "exec", "touch", str(out))
    assert said.code == 2
    assert "ref+file://key" in said.err
    assert not out.exists()
