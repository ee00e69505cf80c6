"""What the pages show can be typed: commands are parsed, and examples of uz.toml are loaded."""

import tomllib
from pathlib import Path

import pytest
from tests.docs.pages import Shown, blocks, commands, pages

from uz.cli.commands import COMMANDS
from uz.cli.parser import build
from uz.spec import parse

APP = '[app]\nname = "shop"\ndomain = "shop.example"\ncommand = "serve --port $PORT"\n'


def told(root: Path) -> list[Path]:
    """The pages that show commands: all but those that Uz renders."""
    return [page for page in pages(root) if "rendered" not in page.parts]


def uz_words(shown: Shown) -> list[list[str]]:
    """The arguments of each `uz` in a command line, behind sudo or before a pipe too."""
    line = shown.command.split("#")[0].replace('"$(which uz)"', "uz")
    found = []
    for part in line.replace('"', " ").split("|"):
        words = part.split()
        if "uz" in words and words[0] in {"uz", "sudo", "certbot"}:
            found.append(words[words.index("uz") + 1 :])
    return found


def test_every_shown_uz_command_is_one_that_the_parser_takes(root: Path) -> None:
    shown = [
        (page, words) for page in told(root) for one in commands(page) for words in uz_words(one)
    ]
    assert len(shown) > 30
    for page, words in shown:
        command = next(word for word in words if word in COMMANDS)
        try:
            build(command).parse_args(words)
        except SystemExit:
            pytest.fail(f"{page.relative_to(root)}: uz {' '.join(words)}")


def test_every_shown_uz_toml_is_valid_for_each_environment_it_names(root: Path) -> None:
    shown = [(page, block) for page in told(root) for block in blocks(page, "toml")]
    assert len(shown) > 10
    for page, block in shown:
        if "[app]" not in block and not block.startswith("[app]"):
            block = block + "\n" + APP
        for environment in ("production", *tomllib.loads(block).get("environments", {})):
            spec = parse(block, environment, name=str(page.relative_to(root)))
            assert spec.environment == environment


def test_console_blocks_show_commands_and_nothing_before_them(root: Path) -> None:
    for page in told(root):
        for block in blocks(page, "console"):
            assert block.startswith("$ "), f"{page.relative_to(root)}: {block}"
