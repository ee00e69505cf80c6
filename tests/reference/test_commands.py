"""The page on commands."""

import argparse

import pytest

from uz.cli import backup, secrets
from uz.cli.commands import COMMANDS
from uz.reference import commands as page
from uz.reference.commands import commands


def titles(mark: str) -> list[str]:
    """What the headings of one depth name."""
    lines = commands().splitlines()
    return [line.removeprefix(mark) for line in lines if line.startswith(mark)]


def test_every_command_has_a_section_in_the_order_of_the_help() -> None:
    assert titles("## uz ") == list(COMMANDS)


def test_subcommands_have_theirs_below_their_command() -> None:
    assert titles("### uz ") == [
        *(f"secrets {name}" for name in secrets.SUBCOMMANDS),
        *(f"backup {name}" for name in backup.SUBCOMMANDS),
    ]
    section = commands().split("\n## uz secrets\n")[1].split("\n## ")[0]
    assert "\nuz secrets WHAT ...\n" in section
    for name in secrets.SUBCOMMANDS:
        assert f"\n### uz secrets {name}\n" in section
    assert "\nuz secrets exec COMMAND ...\n" in section


def test_what_is_hidden_from_the_help_is_not_told() -> None:
    section = commands().split("\n### uz secrets set\n")[1].split("\n### ")[0]
    assert "\nuz secrets set NAME [--keep-newline]\n" in section
    assert "MORE" not in section


def test_usage_shows_values_and_what_may_be_left_out() -> None:
    text = commands()
    assert "\nuz render [--to FOLDER] [--check]\n" in text
    assert "\nuz prove [ITEM ...] " in text
    assert "\nuz logs [SERVICE] " in text


def test_an_option_without_help_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser()
        below = parser.add_subparsers()
        for name in COMMANDS:
            below.add_parser(name).add_argument("--new")
        return parser

    monkeypatch.setattr(page, "build", silent)
    with pytest.raises(ValueError, match="--new: has no help text"):
        commands()


def test_the_width_of_the_terminal_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = commands()
    monkeypatch.setenv("COLUMNS", "40")
    assert commands() == before
