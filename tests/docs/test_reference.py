"""docs/reference is what the source makes of it, and nothing in the source is left out."""

import argparse
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from uz.checklist import ITEMS
from uz.cli.commands import COMMANDS
from uz.cli.parser import build
from uz.reference.pages import PAGES, stale
from uz.reference.tables import sections
from uz.spec import Spec, load, parse


def page(root: Path, name: str) -> str:
    """The text of a page of the reference."""
    return (root / "docs/reference" / name).read_text()


def test_no_page_of_the_reference_is_stale(root: Path) -> None:
    assert stale(root / "docs/reference") == (), "python -m uz.reference writes them"


def test_no_other_page_lies_beside_the_generated_ones(root: Path) -> None:
    assert {path.name for path in (root / "docs/reference").iterdir()} == set(PAGES)


def test_every_command_and_option_is_on_its_page(root: Path) -> None:
    text = page(root, "commands.md")
    found = dict(below("uz", build(everything=True)))
    assert {name for name in found if name.count(" ") == 1} == {f"uz {name}" for name in COMMANDS}
    assert "uz secrets rotate" in found
    everywhere = text.split("\n## Options of every command\n")[1].split("\n## ")[0]
    for name, parser in found.items():
        section = re.split("\n##+ ", re.split(f"\n##+ {name}\n", text)[1])[0]
        for action in parser._actions:
            if action.help == argparse.SUPPRESS:
                continue
            for shown in action.option_strings or [named(action)]:
                assert f"`{shown}" in section + everywhere or f" {shown} ..." in section, shown


def below(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, Any]]:
    """All commands below one, and theirs, each with its parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, one in action.choices.items():
                yield f"{name} {word}", one
                yield from below(f"{name} {word}", one)


def named(action: argparse.Action) -> str:
    """What stands for an argument without a dash."""
    return str(action.metavar or action.dest.rstrip("s").upper())


def test_every_key_of_uz_toml_is_on_its_page_and_in_the_schema(root: Path) -> None:
    text, schema = page(root, "uz-toml.md"), json.loads(page(root, "uz.schema.json"))
    parts = {one.partition("\n")[0]: one for one in text.split("\n## ")[1:]}
    for name, field in Spec.model_fields.items():
        if name in {"environment", "kind"}:
            continue
        told = schema["properties"][name]
        table = schema["$defs"][told["$ref"].rpartition("/")[2]] if "$ref" in told else {}
        (held, *_) = get_args(field.annotation) or (field.annotation,)
        keys = getattr(held, "model_fields", {})
        assert set(table.get("properties", {})) == set(keys)
        for key in keys:
            told = parts[f"[{name}]"]
            assert f"| `{key}` |" in told or f"[{name}.{key}]" in parts, f"{name}.{key}"
            assert table["properties"][key]["description"]
    assert "| `kind` |" in parts["[environments.NAME]"]
    assert "kind" in schema["$defs"]["Environment"]["properties"]


def test_every_default_that_the_page_shows_can_be_written_into_uz_toml() -> None:
    required = {"app": '\nname = "shop"\ndomain = "shop.example"\ncommand = "serve"',
                "processes.NAME": '\ncommand = "work"', "redis": '\npurpose = "cache"',
                "pipeline": '\nissuer = "https://ci.example"\naudience = "shop"\n'
                            'claims = { repository = "example/shop" }'}  # fmt: skip
    text = ""
    for section in sections():
        keys = [f"{key.name} = {key.default}" for key in section.keys if key.default]
        head = f"[{section.title.replace('NAME', 'worker')}]" if section.title else ""
        text += "\n".join([head, *keys]) + required.get(section.title, "") + "\n"
    assert parse(text).app.name == "shop"


def test_every_item_experiment_and_control_is_on_its_page(root: Path) -> None:
    text = page(root, "items.md")
    for item in ITEMS:
        section = text.split(f"\n## {item.id}\n")[1].split("\n## ")[0]
        names = [one.name for one in item.experiments] + [one.name for one in item.controls]
        for name in names:
            assert f"| `{name}` |" in section, f"{item.id}/{name}"


def test_the_schema_knows_every_key_that_the_shop_writes(root: Path) -> None:
    text = (root / "examples/shop/uz.toml").read_text()
    schema = json.loads(page(root, "uz.schema.json"))
    assert unknown_keys(tomllib.loads(text), schema, schema) == []
    assert load(root / "examples/shop", "demo").app.name == "shop"


def unknown_keys(value: object, node: dict[str, Any], whole: dict[str, Any]) -> list[str]:
    """Keys that a schema does not allow, as an editor would mark them."""
    if "$ref" in node:
        node = whole["$defs"][node["$ref"].rpartition("/")[2]]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    more = node.get("additionalProperties", False)
    for key, below in value.items():
        schema = node.get("properties", {}).get(key, more)
        found += unknown_keys(below, schema, whole) if schema else [key]
    return found
