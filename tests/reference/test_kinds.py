"""Kinds of value are told in words, and one without words is an error."""

from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest
from pydantic import TypeAdapter

from uz.reference.kinds import KINDS, KindOfValue, in_words, toml_text
from uz.spec import Login, values


def test_every_kind_that_uz_toml_can_hold_has_words() -> None:
    made = {name: one for name, one in vars(values).items() if isinstance(one, type(values.Name))}
    told = [kind.annotation for kind in KINDS]
    assert [name for name, one in made.items() if name != "Annotated" and one not in told] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_example_of_every_kind_is_accepted(kind: KindOfValue) -> None:
    import tomllib

    keys = {"variable name", "claim"}  # which stand before the =
    text = f'"{kind.example}"' if kind.name in keys else kind.example
    TypeAdapter(kind.annotation).validate_python(tomllib.loads(f"value = {text}")["value"])


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (bool, "`true` or `false`"),
        (values.Domain, "domain name"),
        (values.Port | None, "port"),
        (tuple[values.Command, ...], "list of commands"),
        (tuple[str, ...], "list of texts"),
        (Login, '`"token"` or `"approle"` or `"jwt"`'),
        (dict[values.ClaimName, values.Text], "table: claim = text"),
        (dict[values.Listener, values.Text], "table: listener = text"),
        (Literal["git", "working-tree"], '`"git"` or `"working-tree"`'),
    ],
)
def test_types_are_put_into_words(annotation: Any, words: str) -> None:
    assert in_words(annotation) == words


def test_a_number_is_told_with_its_limits() -> None:
    from annotated_types import Ge, Le

    assert in_words(int, (Ge(0), Le(64))) == "whole number from 0 to 64"
    assert in_words(int) == "whole number"


def test_a_kind_without_words_is_an_error_that_says_where_they_belong() -> None:
    with pytest.raises(TypeError, match="KINDS"):
        in_words(Annotated[timedelta, "new"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (2, "2"),
        ("30s", '"30s"'),
        (["a", "b"], '["a", "b"]'),
        ({"22/tcp": "SSH"}, '{ "22/tcp" = "SSH" }'),
        ({}, "{}"),
    ],
)
def test_values_are_written_as_toml_has_them(value: object, text: str) -> None:
    assert toml_text(value) == text
