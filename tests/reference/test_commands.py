"""The page on commands."""

import argparse

import pytest

from uz.cli.commands import COMMANDS
from uz.reference import commands as page
from uz.reference.commands import commands


def test_every_command_has_a_section_in_the_order_of_the_help() -> None:
    titles = [line.removeprefix("## uz ") for line in commands().splitlines() if "## uz " in line]
    assert titles == list(COMMANDS)


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
