"""Values as text: unchanged, or refused without being shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.errors import SecretError
from uz.managers.text import texts
from uz.secret import Secret


@given(st.binary())
def test_bytes_come_through_as_they_are_or_are_refused(value: bytes) -> None:
    if b"\0" in value or value.decode(errors="ignore").encode() != value:
        with pytest.raises(SecretError, match="'key'") as refused:
            texts("secret/app", {"key": Secret(value)})
        assert refused.value.__context__ is None
    else:
        assert texts("secret/app", {"key": Secret(value)})["key"].encode() == value


@pytest.mark.parametrize("value", [b"canary\xff", b"canary\0"])
def test_what_is_refused_is_not_shown(value: bytes) -> None:
    with pytest.raises(SecretError) as refused:
        texts("secret/app", {"key": Secret(value)})
    assert "canary" not in f"{refused.value!r} {refused.value.hint} {refused.value.__context__!r}"


def test_a_path_that_is_one_value_is_named_itself() -> None:
    with pytest.raises(SecretError, match="secret/app is not UTF-8 text"):
        texts("secret/app", {"": Secret(b"\xff")})
