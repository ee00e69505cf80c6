"""The tables and keys of `uz.toml`, read from the types of the Spec."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from uz.reference.kinds import in_words, toml_text
from uz.spec import Spec

OF_AN_ENVIRONMENT = ("environment", "kind")
"""Fields of the Spec that are not written beside the tables: see `[environments.NAME]`."""


@dataclass(frozen=True)
class Key:
    """One key: what may be written, its default as TOML, and what it does."""

    name: str
    kind: str
    default: str
    description: str
    required: bool = False


@dataclass(frozen=True)
class Section:
    """One table of `uz.toml`; the keys above all tables have no title."""

    title: str
    description: str
    keys: tuple[Key, ...]


def sections() -> tuple[Section, ...]:
    """All tables in the order of the Spec, the keys above them first.

    Raises ValueError where a table or key has no description.
    """
    return tuple(_sections(Spec, ""))


def kind_key() -> Key:
    """The one key that only `[environments.NAME]` has."""
    hints = get_type_hints(Spec, include_extras=True)
    choices = " or ".join(f'`"{kind.value}"`' for kind in hints["kind"])
    return Key("kind", choices, "", _described("kind", Spec.model_fields["kind"].description))


def _sections(model: type[BaseModel], title: str) -> Iterator[Section]:
    hints = get_type_hints(model, include_extras=True)
    keys: list[Key] = []
    nested: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        below = _table(hints[name])
        if below:
            many = get_origin(hints[name]) is dict
            nested.append((f"{title}.{name}{'.NAME' * many}".strip("."), below))
        elif title or name not in OF_AN_ENVIRONMENT:
            keys.append(_key(name, field, hints[name]))
    yield Section(title, _described(title or "uz.toml", inspect.getdoc(model)), tuple(keys))
    for below_title, below_model in nested:
        yield from _sections(below_model, below_title)


def _table(hint: Any) -> type[BaseModel] | None:
    """The table that a field holds, one or many by name; None where it holds a value."""
    last = get_args(hint)[-1] if get_origin(hint) is dict else hint
    optional = [one for one in get_args(hint) if one is not NoneType]
    if get_origin(hint) is UnionType and len(optional) == 1:
        last = optional[0]
    return last if isinstance(last, type) and issubclass(last, BaseModel) else None


def _key(name: str, field: FieldInfo, hint: Any) -> Key:
    return Key(
        name,
        in_words(hint, tuple(field.metadata)),
        default_text(field, hint),
        _described(name, field.description),
        field.is_required(),
    )


def default_text(field: FieldInfo, hint: Any) -> str:
    """A key's default as TOML; empty where there is none."""
    value = default_value(field, hint)
    return "" if value is None else toml_text(value)


def default_value(field: FieldInfo, hint: Any) -> Any:
    """A key's default as it would be written; None where there is none."""
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True, validated_data={})
    return TypeAdapter(hint).dump_python(value, mode="json")


def _described(name: str, text: str | None) -> str:
    if not text:
        raise ValueError(f"{name}: a string below it in the source has to say what it does")
    return " ".join(text.split())
