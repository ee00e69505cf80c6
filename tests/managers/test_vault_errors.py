"""What a server answers, in Uz's words: from a stand-in, and from a real one that is unwell."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hvac.exceptions import VaultDown
from tests.managers.loopback import context
from tests.managers.openbao_server import OpenBao, openbao
from tests.servers import Reply, serving

from uz.errors import RefusedError, SecretError, UnreachableError
from uz.managers import VALUE
from uz.managers.vault import OWN, YOURS, VaultManager
from uz.managers.vault_errors import LONGEST, errors, status_of, words_of
from uz.managers.vault_login import connect
from uz.secret import Secret
from uz.waiting import met

pytestmark = pytest.mark.live
JSON = {"Content-Type": "application/json"}
AMENDED = {"Content-Type": "application/json; charset=utf-8"}
Asking = Callable[[Reply], SecretError]


def said(*words: str) -> bytes:
    return json.dumps({"errors": words}).encode()


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    """Read from a server that gives one reply to everything: what is raised?"""
    tls, authority = context(tmp_path, "127.0.0.1")
    replies: list[Reply] = []

    def ask(reply: Reply) -> SecretError:
        replies[:] = [reply]
        client = connect(f"https://127.0.0.1:{port}", authority=authority)
        with pytest.raises(SecretError) as raised:
            VaultManager(client, YOURS).read("secret/app")
        return raised.value

    with serving(lambda *_: replies[0], tls) as port:
        yield ask


@pytest.mark.parametrize(
    "reply",
    [
        Reply(502, {}, b"<html>Bad Gateway</html>"),
        Reply(503, {}, b"<html>Service Unavailable</html>"),
        Reply(503, {}, b""),
        Reply(504, {}, b"<html>Gateway Timeout</html>"),
        Reply(504, JSON, b"{broken"),
        Reply(500, JSON, said("local node not active but active cluster node not found")),
    ],
)
def test_a_server_that_does_not_answer_itself_is_unreachable(asking: Asking, reply: Reply) -> None:
    error = asking(reply)
    assert type(error) is UnreachableError
    assert "gives no answer" in str(error)
    assert error.hint


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(503, JSON, said("Vault is sealed")), "is sealed"),
        (Reply(503, AMENDED, said("Vault is sealed")), "is sealed"),
        (Reply(501, JSON, said("Vault is not initialized")), "was never initialised"),
        (Reply(429, JSON, said("request path: rate limit quota exceeded")), "asks to wait"),
        (Reply(429, {}, b""), "asks to wait"),
        (Reply(500, JSON, said("internal error")), "has an internal error"),
        (Reply(404, JSON, said('no handler for route "x"')), "no engine mounted"),
        (Reply(400, JSON, said("missing data")), "answers 400: missing data"),
        (Reply(405, JSON, said("unsupported operation")), "answers 405: unsupported operation"),
        (Reply(418, {}, b"teapot"), "answers 418: nothing more"),
        (Reply(500, JSON, b'{"errors": "no list"}'), "has an internal error"),
        (Reply(500, JSON, b"[]"), "has an internal error"),
    ],
)
def test_a_server_that_cannot_do_it_says_why(asking: Asking, reply: Reply, words: str) -> None:
    error = asking(reply)
    assert type(error) is SecretError
    assert words in str(error)
    assert str(error).startswith("Vault at https://127.0.0.1:")
    assert error.hint


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["permission denied"], "wrong, has expired or was revoked"),
        (["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"], "has expired"),
        (["1 error occurred:\n\t* permission denied\n\n"], "does not allow it"),
        ([], "wrong, has expired or was revoked"),
    ],
)
def test_a_token_that_is_refused_is_no_lack_of_rights(
    asking: Asking, words: list[str], meant: str
) -> None:
    error = asking(Reply(403, JSON, said(*words)))
    assert type(error) is RefusedError
    assert meant in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("body", [b"<html>Please log in to the network</html>", b"", b"ok"])
def test_a_page_of_somebody_else_is_no_answer(asking: Asking, body: bytes) -> None:
    error = asking(Reply(200, {"Content-Type": "text/html"}, body))
    assert type(error) is SecretError
    assert "no Vault or OpenBao" in str(error)


def test_a_long_answer_is_cut(asking: Asking) -> None:
    assert len(str(asking(Reply(400, JSON, said("x" * 5000))))) < LONGEST + 100


def test_an_error_of_another_client_is_understood_by_its_kind() -> None:
    error = VaultDown(errors=["Vault is sealed"])
    assert (status_of(error), words_of(error)) == (503, "Vault is sealed")
    with pytest.raises(SecretError, match="is sealed"), errors("Vault"):
        raise error


def test_errors_of_other_kinds_pass() -> None:
    with pytest.raises(ZeroDivisionError), errors("Vault"):
        raise ZeroDivisionError


@pytest.fixture(scope="module")
def unwell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    """A server for tests that break it; each leaves it as it was."""
    with openbao(tmp_path_factory.mktemp("unwell")) as server:
        yield server


@pytest.mark.parametrize(("title", "hint"), [(OWN, "uz up"), (YOURS, "bao operator unseal")])
def test_a_sealed_server_says_so_and_serves_again_when_unsealed(
    unwell: OpenBao, path: str, title: str, hint: str
) -> None:
    manager = VaultManager(unwell.client(), title)
    manager.write(path, {VALUE: Secret(b"kept")})
    unwell.seal()
    try:
        with pytest.raises(SecretError, match="is sealed") as sealed:
            manager.read(path)
    finally:
        unwell.stop()
        unwell.start()
    assert type(sealed.value) is SecretError
    assert hint in sealed.value.hint
    found = manager.read(path)
    assert found is not None
    assert found.fields[VALUE].reveal() == b"kept"


def test_a_server_that_was_never_initialised_is_no_unreachable_one(tmp_path: Path) -> None:
    with openbao(tmp_path, initialised=False) as server:
        with pytest.raises(SecretError, match="is sealed") as new:
            VaultManager(server.client(), YOURS).read("secret/app")
        assert type(new.value) is SecretError
        assert "bao operator init" in new.value.hint


def test_a_full_disk_below_the_audit_log_is_an_internal_error(unwell: OpenBao, path: str) -> None:
    manager = VaultManager(unwell.client(), OWN)
    manager.write(path, {VALUE: Secret(b"kept")})
    log = unwell.audit.with_suffix(".before")
    unwell.audit.rename(log)
    unwell.audit.symlink_to("/dev/full")

    raised: list[SecretError] = []

    def refused() -> bool:
        try:
            manager.read(path)
        except SecretError as error:
            raised.append(error)
        return bool(raised)

    try:
        assert unwell.process is not None
        unwell.process.send_signal(signal.SIGHUP)  # opens its log anew
        assert met(refused, 60)
    finally:
        unwell.stop()
        log.replace(unwell.audit)
        unwell.start()
    assert "has an internal error" in str(raised[0])
    assert type(raised[0]) is SecretError
    assert manager.read(path) is not None


def test_a_server_that_was_stopped_is_unreachable(unwell: OpenBao, path: str) -> None:
    manager = VaultManager(unwell.client(), OWN)
    manager.write(path, {VALUE: Secret(b"kept")})
    unwell.stop()
    try:
        with pytest.raises(UnreachableError, match="gives no answer: Connection refused"):
            manager.read(path)
    finally:
        unwell.start()
    assert manager.read(path) is not None
