import argparse

import pytest

from uz.cli import backup, secrets
from uz.cli.subcommands import Subcommands, add_subcommands, run_subcommand

KNOWN: Subcommands = {"policy": ("policy", "what has to be allowed")}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="uz backup")
    add_subcommands(made, "uz.cli.backup", KNOWN)
    return made


def test_one_is_chosen_with_its_own_arguments_and_those_of_every_command() -> None:
    found = parser().parse_args(["policy", "--env", "demo"])
    assert (found.subcommand, found.environment) == ("policy", "demo")


def test_without_one_and_with_one_that_is_not_there_it_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in ([], ["policies"]):
        with pytest.raises(SystemExit):
            parser().parse_args(words)
    assert "policy" in capsys.readouterr().err


def test_its_exit_code_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from uz.cli.backup import policy

    monkeypatch.setattr(policy, "run", lambda _arguments: 3)
    chosen = argparse.Namespace(subcommand="policy")
    assert run_subcommand(chosen, "uz.cli.backup", KNOWN) == 3


def test_commands_with_subcommands_name_modules_that_are_there() -> None:
    for package in (backup, secrets):
        made = argparse.ArgumentParser()
        package.add_arguments(made)
        assert made.parse_args(["list"]).subcommand == "list"
