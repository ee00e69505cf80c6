import base64
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from uz.errors import MachineError, SecretError
from uz.secret import Secret
from uz.targets.local.bootstrap import (
    FEWEST,
    Bootstrap,
    bootstrap_path,
    make_bootstrap,
    read_bootstrap,
)
from uz.targets.local.layout import Layout
from uz.testing import spec

KNOWN = Bootstrap(Secret(b"a-credential-for-the-tests-alone"))


def authority(of: Bootstrap) -> str:
    """The public part of the CA's key."""
    key = load_pem_private_key(of.authority_key.reveal(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint).hex()


def sealing(of: Bootstrap) -> str:
    """The public part of the key of the sealed copy."""
    return of.sealing_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def test_what_is_derived_never_changes() -> None:
    """Whoever changes one of these locks every environment out of its secrets."""
    assert KNOWN.seal_key.reveal() == b"TyufFxhLzfJbcYo/92VZ046eZBGVT8TmFWxl8TxqEUk="
    assert KNOWN.operator.reveal() == b"VN7QW43ykLmn8RFs-N3Pvhy1Ye9sRJFDsJrfmvNitA0="
    assert authority(KNOWN) == "037e00f1d25dd39e03a343b576873b6bfb945fe792115a74b65d8399ecd308a233"
    assert sealing(KNOWN) == "29d8a9c5916dd7e074f52f158280b9ed81075625cf3bf451b428c52d773045db"


def test_the_seal_key_is_what_openbao_takes() -> None:
    """32 bytes in base64 without a line end."""
    assert len(base64.b64decode(KNOWN.seal_key.reveal(), validate=True)) == 32


CREDENTIALS = st.binary(min_size=FEWEST, max_size=64)


@given(CREDENTIALS)
def test_what_is_derived_is_stable_and_nothing_is_like_another(secret: bytes) -> None:
    one, again = Bootstrap(Secret(secret)), Bootstrap(Secret(secret))
    assert one.seal_key == again.seal_key
    assert one.operator == again.operator
    assert (authority(one), sealing(one)) == (authority(again), sealing(again))
    raw = [base64.b64decode(one.seal_key.reveal()), base64.urlsafe_b64decode(one.operator.reveal())]
    raw += [bytes.fromhex(authority(one))[1:], bytes.fromhex(sealing(one)), secret]
    assert len(set(raw)) == len(raw)


@given(CREDENTIALS, CREDENTIALS)
def test_two_credentials_share_nothing(secret: bytes, other: bytes) -> None:
    if secret != other:
        one, two = Bootstrap(Secret(secret)), Bootstrap(Secret(other))
        assert one.seal_key != two.seal_key
        assert one.operator != two.operator
        assert authority(one) != authority(two)
        assert sealing(one) != sealing(two)


def test_a_credential_shows_nothing_of_itself() -> None:
    assert "tests-alone" not in f"{KNOWN!r} {KNOWN}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trial.bootstrap"


def test_one_that_was_made_is_read_again(path: Path) -> None:
    made = make_bootstrap(path)
    assert read_bootstrap(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert path.read_bytes() == made.secret.reveal() + b"\n"
    assert make_bootstrap(path.with_name("other")) != made


def test_where_there_is_none_there_is_none(path: Path) -> None:
    assert read_bootstrap(path) is None


def test_line_ends_of_an_editor_do_no_harm(path: Path) -> None:
    path.write_bytes(b"\n  0123456789abcdef0123456789\r\n\n")
    path.chmod(0o400)
    found = read_bootstrap(path)
    assert found is not None
    assert found.secret == Secret(b"0123456789abcdef0123456789")


@pytest.mark.parametrize("text", [b"", b"\n", b"0123456"])
def test_one_that_was_cut_off_is_damaged(path: Path, text: bytes) -> None:
    path.write_bytes(text)
    path.chmod(0o400)
    with pytest.raises(SecretError, match="is damaged") as raised:
        read_bootstrap(path)
    assert "uz secrets recover" in raised.value.hint
    assert not text.strip() or text.decode() not in str(raised.value)


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o644, 0o420, 0o410])
def test_one_that_others_may_read_is_refused(path: Path, mode: int) -> None:
    make_bootstrap(path)
    path.chmod(mode)
    with pytest.raises(MachineError, match=rf"others may read .*{mode:04o}") as raised:
        read_bootstrap(path)
    assert f"chmod 0400 {path}" in raised.value.hint


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_one_that_only_its_owner_may_read_is_taken(path: Path, mode: int) -> None:
    make_bootstrap(path)
    path.chmod(mode)
    assert read_bootstrap(path) is not None


def test_one_of_another_user_is_refused(path: Path, as_root: None) -> None:
    make_bootstrap(path)
    os.chown(path, 65534, 65534)
    with pytest.raises(MachineError, match="belongs to user 65534"):
        read_bootstrap(path)


def test_a_link_is_not_followed(path: Path) -> None:
    make_bootstrap(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))
    with pytest.raises(MachineError, match="cannot be read"):
        read_bootstrap(path)


def test_a_folder_or_a_pipe_in_its_place_is_told_at_once(path: Path) -> None:
    path.mkdir()
    with pytest.raises(MachineError, match="is no file"):
        read_bootstrap(path)
    path.rmdir()
    os.mkfifo(path, 0o400)
    with pytest.raises(MachineError, match="is no file"):
        read_bootstrap(path)


def test_it_lies_beside_the_environments_folder_or_where_the_spec_says(layout: Layout) -> None:
    assert bootstrap_path(layout, spec(secrets={})) == layout.bootstrap
    assert not layout.bootstrap.is_relative_to(layout.root)
    named = spec(secrets={"bootstrap": "/etc/shop/bootstrap"})
    assert bootstrap_path(layout, named) == Path("/etc/shop/bootstrap")
