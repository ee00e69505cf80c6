"""One text for each secret: what was kept comes back, in every field that was written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.errors import SecretError
from uz.managers import VALUE, WHOLE
from uz.managers.one_text import fields_of, text_of
from uz.secret import Secret

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
NAMES = TEXTS.filter(lambda name: name != VALUE)


@given(TEXTS, st.sampled_from([WHOLE, VALUE]))
def test_one_value_comes_back_byte_for_byte_under_both_names(text: str, name: str) -> None:
    secret = Secret(text.encode())
    kept = text_of("shop", {name: secret}, 10**6)
    read = fields_of(Secret(kept.encode()))
    assert read[WHOLE] == read[VALUE] == secret


@given(st.dictionaries(NAMES, TEXTS | st.just(""), min_size=1))
def test_several_fields_come_back_each_as_itself(texts: dict[str, str]) -> None:
    fields = {name: Secret(text.encode()) for name, text in texts.items()}
    read = fields_of(Secret(text_of("shop", fields, 10**6).encode()))
    assert {name: read[name] for name in fields} == fields


@given(TEXTS | st.dictionaries(TEXTS, TEXTS | st.integers()).map(json.dumps))
def test_what_was_read_can_be_written_again(text: str) -> None:
    secret = Secret(text.encode())
    assert text_of("shop", fields_of(secret), 10**6) == text


def test_texts_and_numbers_of_an_object_are_fields_and_the_rest_is_not() -> None:
    read = fields_of(Secret(b'{"user": "shop", "port": 5432, "more": {"a": "b"}, "": "x"}'))
    assert sorted(read) == [WHOLE, "port", "user", VALUE]
    assert read["port"].reveal() == b"5432"
    assert read["user"].reveal() == b"shop"


def test_the_whole_value_wins_over_a_key_of_the_same_name() -> None:
    whole = Secret(b'{"value": "inner"}')
    assert fields_of(whole)[VALUE] == whole


def test_another_field_beside_the_whole_value_is_refused() -> None:
    with pytest.raises(SecretError, match="shop: 'other' cannot be kept beside 'value'"):
        text_of("shop", {VALUE: Secret(b"first"), "other": Secret(b"second")}, 100)


def test_a_value_that_is_too_long_is_refused_with_its_size() -> None:
    assert text_of("shop", {VALUE: Secret("ä".encode() * 5)}, 10)
    with pytest.raises(SecretError, match="shop: 11 bytes are too many, at most 10") as refused:
        text_of("shop", {VALUE: Secret(b"x" * 11)}, 10)
    assert "xxx" not in str(refused.value)


@pytest.mark.parametrize("fields", [{}, {VALUE: Secret(b"")}])
def test_nothing_is_not_kept(fields: dict[str, Secret]) -> None:
    with pytest.raises(SecretError, match="shop: there is nothing to keep"):
        text_of("shop", fields, 100)


def test_bytes_that_are_no_text_are_refused_and_not_shown() -> None:
    with pytest.raises(SecretError, match="shop: 'key' is not UTF-8 text") as refused:
        text_of("shop", {"key": Secret(b"canary\xff")}, 100)
    assert "canary" not in repr(refused.value)
    assert refused.value.__context__ is None
