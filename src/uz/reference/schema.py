"""The JSON Schema of `uz.toml`, for editors that complete and check it."""

import json
from typing import Any, get_type_hints

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from uz.reference.tables import OF_AN_ENVIRONMENT, default_value
from uz.spec import Spec


def schema_text() -> str:
    """The schema as JSON."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """The Spec's schema with `[environments.NAME]`, in which nothing is required."""
    made = _plain(Spec.model_json_schema())
    tables: dict[str, Any] = made.pop("$defs")
    choices = {name: one for name, one in tables.items() if "enum" in one}
    tables = {name: _in_place(one, choices) for name, one in tables.items() if "enum" not in one}
    for model in _models(Spec):
        _with_defaults(tables.get(model.__name__, made), model)
    properties = made.pop("properties")
    kind = {**choices["Kind"], **properties["kind"]}
    for name in OF_AN_ENVIRONMENT:
        del properties[name]
    over = {name: _over(one) for name, one in properties.items() if name != "version"}
    environments = {
        "type": "object",
        "description": "Further environments, one table each.",
        "additionalProperties": {"$ref": "#/$defs/Environment"},
    }
    tables |= {f"Over{name}": _all_optional(one) for name, one in tables.items()}
    tables["Environment"] = {
        "type": "object",
        "additionalProperties": False,
        "description": "What is different in this environment.",
        "properties": {"kind": _without(kind, "$ref"), **over},
    }
    return {
        **made,
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "uz.toml",
        "description": "What Uz needs to know about an app.",
        "properties": {**properties, "environments": environments},
        "$defs": tables,
    }


def _in_place(table: dict[str, Any], choices: dict[str, Any]) -> dict[str, Any]:
    """A table whose keys say themselves what may be chosen."""
    properties = {
        name: choices.get(one.get("$ref", "").rpartition("/")[2], {}) | one
        for name, one in table["properties"].items()
    }
    chosen = {name: _without(one, "$ref") for name, one in properties.items() if "enum" in one}
    return table | {"properties": properties | chosen}


def _models(model: type[BaseModel]) -> list[type[BaseModel]]:
    found = [model]
    for field in model.model_fields.values():
        for one in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(one, type) and issubclass(one, BaseModel):
                found += _models(one)
    return found


def _with_defaults(made: dict[str, Any], model: type[BaseModel]) -> None:
    """Write defaults as a user would: pydantic has durations in a notation of its own."""
    hints = get_type_hints(model, include_extras=True)
    for name, one in made["properties"].items():
        field = model.model_fields[name]
        one.pop("default", None)
        value = default_value(field, hints[name])
        if value is not None and "$ref" not in one and name not in OF_AN_ENVIRONMENT:
            one["default"] = value


def _plain(node: Any) -> Any:
    """Leave out what editors do not need: titles made from names, and null, which TOML lacks."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {
        key: _plain(one) for key, one in node.items() if key != "title" or isinstance(one, dict)
    }
    choices = [one for one in made.get("anyOf", []) if one != {"type": "null"}]
    if len(choices) == 1:
        del made["anyOf"]
        made = choices[0] | made
    if "description" in made and isinstance(made["description"], str):
        made["description"] = " ".join(made["description"].split())
    return made


def _over(node: Any) -> Any:
    """The same schema for what is laid over: led to the tables without defaults or duties."""
    if isinstance(node, list):
        return [_over(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: one.replace("#/$defs/", "#/$defs/Over") if key == "$ref" else _over(one)
        for key, one in _without(node, "default").items()
    }


def _all_optional(made: dict[str, Any]) -> dict[str, Any]:
    properties = {name: _over(one) for name, one in made["properties"].items()}
    return _without(made, "required") | {"properties": properties}


def _without(node: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: one for name, one in node.items() if name != key}
