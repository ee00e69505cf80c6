import io
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.cli.up import TOKEN, identity
from uz.errors import SecretError
from uz.operations import bring_up as bringing
from uz.operations.bring_up import BroughtUp
from uz.operations.place import Place
from uz.secret import Secret
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


def test_a_pipelines_token_comes_from_a_file_or_from_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a.b.c\n")
    assert identity(file, {}) == Secret(b"a.b.c")
    assert identity(file, {TOKEN: "other"}) == Secret(b"a.b.c"), "the file wins"
    assert identity(None, {TOKEN: " a.b.c\n"}) == Secret(b"a.b.c")


@pytest.mark.parametrize("empty", ["", "\n"])
def test_a_variable_that_is_empty_does_not_become_the_machines_own_login(empty: str) -> None:
    with pytest.raises(SecretError, match="UZ_IDENTITY_TOKEN: empty"):
        identity(None, {TOKEN: empty})


@pytest.mark.parametrize("environment", [{}, {"CI": "true"}])
def test_without_a_token_it_is_nobodys_pipeline(environment: dict[str, str]) -> None:
    assert identity(None, environment) is None


def test_it_comes_from_standard_input_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a.b.c\n"))
    assert identity(Path("-"), {}) == Secret(b"a.b.c")


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), (b"\n", "empty"), (b"\xff\xfe", "not a text")]
)
def test_a_file_without_a_token_is_told_before_anything_starts(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SecretError, match=why) as raised:
        identity(file, {})
    assert raised.value.hint


def test_the_token_is_handed_on_and_never_printed(
    uz: Uz, projects: Projects, asked: list[dict[str, object]], tmp_path: Path
) -> None:
    projects.project()
    (tmp_path / "token").write_text("very.secret.token")
    said = uz("up", "--identity-token-file", str(tmp_path / "token"))
    assert asked[0]["identity"] == Secret(b"very.secret.token")
    assert "very.secret" not in f"{said.out}{said.err}{asked}"
