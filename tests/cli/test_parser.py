from pathlib import Path

import pytest

from uz import __version__
from uz.cli import COMMANDS
from uz.cli.parser import build, command_in


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("prove --json", "prove"),
        ("--env staging prove", "prove"),
        ("--env prove status", "status"),
        ("--project up logs up", "logs"),
        ("--env=down --quiet up --foreground", "up"),
        ("--version", ""),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_the_command_is_found_among_the_words(words: str, name: str) -> None:
    assert command_in(words.split()) == name


@pytest.mark.parametrize(
    "words",
    ["--env next --quiet --project /shop prove", "prove --env next --quiet --project /shop",
     "--env next prove --project /shop --quiet"],
)  # fmt: skip
def test_common_options_stand_before_or_after_the_command(words: str) -> None:
    found = build("prove").parse_args(words.split())
    assert (found.environment, found.quiet, found.project) == ("next", True, Path("/shop"))


def test_an_option_after_the_command_wins() -> None:
    found = build("prove").parse_args(["--env", "one", "prove", "--env", "other"])
    assert found.environment == "other"


def test_without_options_it_is_production_here_and_talkative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = build("up").parse_args(["up"])
    assert (found.environment, found.quiet, found.project) == ("production", False, tmp_path)


def test_a_current_folder_that_was_removed_is_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setenv("PWD", str(gone))
    assert build("up").parse_args(["up"]).project == gone


@pytest.mark.parametrize(
    "words", ["", "nonsense", "prove --jso", "--proj /x prove", "up surplus", "logs -n many"]
)
def test_wrong_words_end_with_two(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build(command_in(words.split())).parse_args(words.split())
    assert ended.value.code == 2
    assert "usage: uz" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build().parse_args(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"uz {__version__}\n"


NEEDED = {"shell": ["redis"], "secrets": ["list"], "backup": ["list"]}
"""What a command cannot do without."""


def test_only_the_chosen_commands_arguments_are_there_unless_all_are_asked_for() -> None:
    whole = build(everything=True)
    for name in COMMANDS:
        assert whole.parse_args([name, *NEEDED.get(name, [])]).command == name
    assert not hasattr(build("up").parse_args(["prove"]), "self_test")
    assert hasattr(build("prove").parse_args(["prove"]), "self_test")
