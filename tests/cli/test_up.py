import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.operations import bring_up as bringing
from uz.operations.bring_up import BroughtUp
from uz.operations.place import Place
from uz.targets.local.up import Applied


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What would have been brought up: the edge is started anew."""
    found: list[dict[str, object]] = []

    def bring_up(place: Place, command: str, *, progress: object, **how: object) -> BroughtUp:
        found.append({"environment": place.spec.environment, "command": command, **how})
        assert callable(progress)
        progress("edge", "started")
        return BroughtUp(Applied("0007", started=("edge",), seconds=1.23), ("mind the gap",))

    monkeypatch.setattr(bringing, "bring_up", bring_up)
    return found


def test_it_says_how_to_reach_the_app_and_what_changed(uz: Uz, projects: Projects) -> None:
    projects.project()
    said = uz("up")
    assert said.code == 0
    assert said.out.splitlines() == [
        "shop (production)",
        "  edge             started",
        "  note: mind the gap",
        "https://shop.example is up: release 0007, 1 changed, 1.2 s",
    ]


def test_quiet_is_one_line(uz: Uz, projects: Projects) -> None:
    projects.project()
    assert len(uz("up", "--quiet").out.splitlines()) == 1


def test_options_are_passed_on(uz: Uz, projects: Projects, asked: list[dict[str, object]]) -> None:
    projects.project("trial")
    uz("--env", "trial", "up", "--working-tree", "--adopt")
    (one,) = asked
    assert (one["environment"], one["working_tree"], one["adopt"]) == ("trial", True, True)
    assert str(one["command"]).endswith("--env trial up --working-tree --adopt")


def test_in_the_foreground_a_small_process_takes_its_place(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = projects.project()
    became: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _program, words: became.append(words))
    uz("up", "--foreground", "--quiet")
    (words,) = became
    assert words[:3] == [sys.executable, "-m", "uz.targets.local.foreground"]
    assert Path(words[3]).name == "supervisord.pid"
    assert words[4:] == ["--project", str(project), "--env", "production", "--quiet", "down"]


def test_a_missing_spec_is_told(uz: Uz, tmp_path: Path) -> None:
    said = uz("--project", str(tmp_path), "up")
    assert said.code == 2
    assert "uz.toml" in said.err
