import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.sealing import seal, unseal
from uz.errors import BackupError
from uz.secret import Secret

OWN = Secret(b"a passphrase for the tests")


@given(st.binary(max_size=2000), st.binary(max_size=60))
def test_what_is_sealed_opens_with_the_same_passphrase(content: bytes, passphrase: bytes) -> None:
    assert unseal(Secret(passphrase), seal(Secret(passphrase), content)) == content


def test_the_content_cannot_be_seen() -> None:
    sealed = seal(OWN, b"the rows of public.orders")
    assert b"orders" not in sealed
    assert sealed.startswith(b"age-encryption.org/v1")
    assert sealed != seal(OWN, b"the rows of public.orders")


def test_another_passphrase_opens_nothing_and_the_words_say_so() -> None:
    with pytest.raises(BackupError, match="passphrase is another one") as raised:
        unseal(Secret(b"another"), seal(OWN, b"content"))
    assert "recovery kit" in raised.value.hint
    assert "another" not in raised.value.hint


@pytest.mark.parametrize("sealed", [b"", b"age-encryption.org/v1\n", b"{}", b"\0" * 400])
def test_what_was_never_sealed_is_an_error(sealed: bytes) -> None:
    with pytest.raises(BackupError, match="cannot be opened"):
        unseal(OWN, sealed)


@given(st.floats(0, 0.999), st.integers(0, 7))
def test_a_flipped_bit_and_a_cut_are_noticed(share: float, bit: int) -> None:
    sealed = bytearray(seal(OWN, b"x" * 100))
    with pytest.raises(BackupError):
        unseal(OWN, bytes(sealed[: int(len(sealed) * share)]))
    sealed[-1 - int(116 * share)] ^= 1 << bit  # the content, and its tag of 16 bytes
    with pytest.raises(BackupError):
        unseal(OWN, bytes(sealed))
