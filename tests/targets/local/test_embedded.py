from pathlib import Path

import pytest
from tests.targets.local.own_openbao import OwnOpenBao

from uz.errors import RefusedError, UnreachableError
from uz.managers.rights import let_read
from uz.managers.vault import VaultManager
from uz.secret import Secret
from uz.targets.local.embedded import Readers, as_operator, as_pipeline, connected

pytestmark = pytest.mark.live


@pytest.fixture
def readers(own: OwnOpenBao) -> Readers:
    manager = own.source.manager
    assert isinstance(manager, VaultManager)
    return Readers(own.layout, own.spec, manager.client)


def test_uz_keeps_its_secrets_below_its_own_prefix(own: OwnOpenBao) -> None:
    own.source.write("test/a", Secret(b"x"))
    assert own.source.read("test/a") == Secret(b"x")
    assert own.source.prefix == "secret/uz"
    assert "test/a" in own.source.names()
    own.source.remove("test/a")


def test_another_credential_does_not_get_in_and_the_way_back_is_told(own: OwnOpenBao) -> None:
    with pytest.raises(RefusedError, match="does not let") as raised:
        as_operator(own.layout, own.spec, Secret(b"another-credential-for-the-tests"))
    assert "uz secrets recover" in raised.value.hint
    assert "another-credential" not in str(raised.value)


def test_without_a_role_for_pipelines_no_token_gets_in(own: OwnOpenBao) -> None:
    with pytest.raises(RefusedError):
        as_pipeline(own.layout, own.spec, Secret(b"a.b.c"))


def test_a_server_with_another_certificate_is_not_talked_to(
    own: OwnOpenBao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.managers.loopback import certify

    other = tmp_path / "other.pem"
    other.write_bytes(certify("127.0.0.1")[2])
    monkeypatch.setattr(type(own.layout), "openbao_authority", other)
    with pytest.raises(Exception, match=r"(?i)certificate") as raised:
        as_operator(own.layout, own.spec, own.bootstrap.secret)
    assert not isinstance(raised.value, UnreachableError), "no sealed copy is used for that"


def test_each_reader_gets_what_is_its_own(own: OwnOpenBao, readers: Readers) -> None:
    own.source.write("test/mine", Secret(b"mine"))
    own.source.write("test/theirs", Secret(b"theirs"))
    let_read(readers.operator, "test-reader", ["secret/uz/test/mine"])
    source = readers.source("test-reader")
    assert source.read("test/mine") == Secret(b"mine")
    for refused in (
        lambda: source.read("test/theirs"),
        lambda: source.write("test/mine", Secret(b"y")),
        source.names,
    ):
        with pytest.raises(RefusedError):
            refused()


def test_a_reader_that_was_never_let_in_is_refused(readers: Readers) -> None:
    with pytest.raises(Exception, match="OpenBao"):
        readers.source("test-nobody")


def test_a_client_that_is_not_logged_in_may_do_nothing(own: OwnOpenBao) -> None:
    assert not connected(own.layout, own.spec).token
