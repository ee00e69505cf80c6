"""The JSON Schema for editors."""

import json
from typing import Any

from uz.reference.schema import schema, schema_text


def walk(node: Any) -> list[dict[str, Any]]:
    """All objects in a schema."""
    if isinstance(node, list):
        return [one for below in node for one in walk(below)]
    if not isinstance(node, dict):
        return []
    return [node, *(one for below in node.values() for one in walk(below))]


def test_every_reference_in_it_leads_somewhere() -> None:
    made = schema()
    led = {one["$ref"].removeprefix("#/$defs/") for one in walk(made) if "$ref" in one}
    assert led == set(made["$defs"])


def test_an_environment_may_say_anything_and_has_to_say_nothing() -> None:
    made = schema()
    environment = made["$defs"]["Environment"]["properties"]
    assert set(environment) == {*made["properties"], "kind"} - {"version", "environments"}
    over = {name: one for name, one in made["$defs"].items() if name.startswith("Over")}
    assert over
    for one in walk([environment, over]):
        assert "default" not in one
        assert not isinstance(one.get("required"), list)


def test_defaults_are_written_as_in_uz_toml_and_null_is_nowhere() -> None:
    app = schema()["$defs"]["App"]
    assert app["properties"]["start_timeout"]["default"] == "30s"
    assert app["required"] == ["name", "domain", "command"]
    assert "null" not in schema_text()


def test_what_may_be_chosen_is_said_by_the_key_itself() -> None:
    made = schema()["$defs"]
    login = made["Secrets"]["properties"]["login"]
    assert (login["enum"], login["default"]) == (["token", "approle", "jwt"], "approle")
    assert login["description"].startswith("How Uz logs in to a `vault`")
    assert made["OverSecrets"]["properties"]["login"]["enum"] == login["enum"]


def test_unknown_keys_are_refused_everywhere() -> None:
    made = schema()
    for one in (made, *made["$defs"].values()):
        assert one["additionalProperties"] is False


def test_the_text_is_json_that_names_its_dialect() -> None:
    assert json.loads(schema_text())["$schema"].startswith("https://json-schema.org/")
