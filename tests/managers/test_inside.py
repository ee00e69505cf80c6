"""Reaching into JSON: what is there is found, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.managers.inside import as_secret, found_in, object_in
from uz.secret import Secret

TEXTS = st.text(st.characters(codec="utf-8"))
TREES = st.recursive(
    TEXTS, lambda inner: st.dictionaries(TEXTS, inner, min_size=1, max_size=3), max_leaves=8
)


@given(st.dictionaries(TEXTS, TREES, min_size=1, max_size=3), st.data())
def test_every_text_in_an_object_is_found_by_its_keys(
    tree: dict[str, object], data: st.DataObject
) -> None:
    keys: list[str] = []
    step: object = tree
    while isinstance(step, dict):
        keys.append(data.draw(st.sampled_from(sorted(step))))
        step = step[keys[-1]]
    found = found_in(Secret(json.dumps(tree).encode()), keys)
    assert isinstance(step, str)
    assert found == Secret(step.encode())


@pytest.mark.parametrize(
    "keys", [["b"], ["a", "c"], ["a", "b", "c"], ["a"], ["z"], ["t"], ["l", "0"]]
)
def test_keys_that_lead_to_no_text_find_nothing(keys: list[str]) -> None:
    text = b'{"a": {"b": "value"}, "l": ["first"], "z": null, "t": true}'
    assert found_in(Secret(text), keys) is None


@pytest.mark.parametrize("number", ["12345678", "2.50", "-1E400", "9" * 5000])
def test_a_number_is_found_as_it_is_written(number: str) -> None:
    text = f'{{"a": {{"pin": {number}}}}}'.encode()
    assert found_in(Secret(text), ["a", "pin"]) == Secret(number.encode())


@given(st.binary())
def test_whatever_the_bytes_are_nothing_is_raised(value: bytes) -> None:
    assert isinstance(object_in(Secret(value)), dict)
    assert found_in(Secret(b"{" + value), ["a"]) is None or value


@pytest.mark.parametrize(
    "value", [b'{"a":' * 100_000, b'{"a": }', b"[1]", b'"{}"', b"\xff{", b'{"a": "\xff"}']
)
def test_what_is_no_readable_object_has_nothing_in_it(value: bytes) -> None:
    assert object_in(Secret(value)) == {}


def test_half_a_character_is_no_text() -> None:
    assert as_secret("\ud800") is None
    assert found_in(Secret(b'{"a": "\\ud800"}'), ["a"]) is None
