from importlib import import_module

import pytest
from tests.cli.conftest import Uz

from uz.cli import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_a_module_of_its_own_with_help(name: str, uz: Uz) -> None:
    module = import_module(f"uz.cli.{name}")
    assert callable(module.run)
    assert f"`uz {name}`" in (module.__doc__ or "")
    said = uz(name, "--help")
    assert said.code == 0
    assert said.out.startswith(f"usage: uz {name}")
    assert COMMANDS[name] in " ".join(said.out.split())


def test_the_help_lists_every_command_and_the_exit_codes(uz: Uz) -> None:
    said = uz("--help")
    assert said.code == 0
    assert all(name in said.out for name in COMMANDS)
    assert "0 ready, 1 not ready, 2 something must be fixed first, 3 undecided" in said.out


def test_the_lines_of_the_help_fit_beside_the_names() -> None:
    assert max(map(len, COMMANDS.values())) <= 80
