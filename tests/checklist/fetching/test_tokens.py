import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.checklist.fetching.tokens import Signer

SIGNER = Signer()
VALUES = st.text() | st.integers(-(2**53), 2**53) | st.lists(st.text()) | st.booleans()
NAMES = st.text(min_size=1).filter(
    lambda name: name not in {"exp", "nbf", "iat", "aud", "iss", "sub", "jti"}
)


@given(st.dictionaries(NAMES, VALUES))
def test_what_is_signed_is_read_back_by_the_public_key(claims: dict[str, object]) -> None:
    token = SIGNER.signed(claims)
    assert jwt.decode(token, SIGNER.public_key, ["ES256"]) == claims


def test_another_key_does_not_fit() -> None:
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(Signer().signed({"a": "b"}), SIGNER.public_key, ["ES256"])


def test_what_was_altered_does_not_fit() -> None:
    token = SIGNER.altered({"a": "b"}, {"a": "c"})
    assert jwt.decode(token, options={"verify_signature": False}) == {"a": "c"}
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, SIGNER.public_key, ["ES256"])


def test_an_unsigned_token_says_so_and_has_no_signature() -> None:
    token = SIGNER.unsigned({"a": "b"})
    assert jwt.get_unverified_header(token)["alg"] == "none"
    assert token.endswith(".")
    assert jwt.decode(token, options={"verify_signature": False}) == {"a": "b"}


def test_a_confused_token_is_good_for_who_takes_the_public_key_for_a_password() -> None:
    token = SIGNER.confused({"a": "b"})
    taken = jwt.PyJWS().decode_complete(token, options={"verify_signature": False})
    assert taken["header"]["alg"] == "HS256"
    assert len(taken["signature"]) == 32


def test_a_key_does_not_show() -> None:
    assert "PRIVATE" not in SIGNER.public_key
    assert "PRIVATE" not in repr(vars(SIGNER))
