"""What no answer means: nobody there, or somebody who cannot be trusted."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests
from tests.managers.loopback import certify, context
from tests.servers import Certified, Reply, serving

from uz.errors import RefusedError, SecretError, UnreachableError
from uz.managers import vault_session
from uz.managers.vault import YOURS, VaultManager
from uz.managers.vault_login import connect
from uz.managers.vault_network import unanswered

pytestmark = pytest.mark.live


def asked(address: str, authority: Path | None = None) -> SecretError:
    """What a read raises."""
    manager = VaultManager(connect(address, authority=authority), YOURS)
    with pytest.raises(SecretError) as raised:
        manager.read("secret/app")
    assert raised.value.hint
    return raised.value


@contextmanager
def listening(then: Callable[[socket.socket], object]) -> Iterator[int]:
    """Accept connections, and do this with each."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                with closing(line):
                    then(line)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_where_nobody_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = asked(f"https://127.0.0.1:{port}")
    assert type(error) is UnreachableError
    assert str(error) == f"Vault at https://127.0.0.1:{port} gives no answer: Connection refused"


def test_a_name_without_an_address_is_unreachable() -> None:
    error = asked("https://no-such-host.invalid")
    assert type(error) is UnreachableError
    assert "its name leads to no address" in str(error)


def test_a_handshake_that_is_cut_is_unreachable() -> None:
    with listening(lambda _: None) as port:
        assert type(asked(f"https://127.0.0.1:{port}")) is UnreachableError


def test_a_handshake_that_is_cut_in_its_middle_is_unreachable() -> None:
    with listening(lambda line: line.recv(100)) as port:
        assert type(asked(f"https://127.0.0.1:{port}")) is UnreachableError


def test_a_server_that_never_speaks_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_session, "CONNECTING", 0.2)
    monkeypatch.setattr(vault_session, "READING", 0.2)
    done = threading.Event()
    with listening(lambda _: done.wait(20)) as port:
        error = asked(f"https://127.0.0.1:{port}")
        done.set()
    assert type(error) is UnreachableError


def test_an_answer_that_never_comes_is_unreachable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(vault_session, "READING", 0.2)
    tls, authority = context(tmp_path, "127.0.0.1")
    done = threading.Event()

    def slow(method: str, host: str, path: str) -> Reply:
        done.wait(20)
        return Reply()

    with serving(slow, tls) as port:
        error = asked(f"https://127.0.0.1:{port}", authority)
        done.set()
    assert type(error) is UnreachableError
    assert "nothing came within 10 s" in str(error)


def test_an_answer_that_ends_too_early_is_unreachable(tmp_path: Path) -> None:
    tls, authority = context(tmp_path, "127.0.0.1")
    half = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"da'

    def answer(line: socket.socket) -> None:
        with tls.wrap_socket(line, server_side=True) as safe:
            safe.recv(4096)
            safe.sendall(half)

    with listening(answer) as port:
        assert type(asked(f"https://127.0.0.1:{port}", authority)) is UnreachableError


def test_a_server_without_tls_is_none_to_speak_to() -> None:
    with serving(lambda *_: Reply()) as port:
        error = asked(f"https://127.0.0.1:{port}")
    assert type(error) is SecretError
    assert "TLS fails" in str(error)


def test_a_certificate_of_an_unknown_ca_is_refused_and_not_unreachable(tmp_path: Path) -> None:
    tls, _ = context(tmp_path, "127.0.0.1")
    other = tmp_path / "other.pem"
    other.write_bytes(certify("127.0.0.1")[2])
    with serving(lambda *_: Reply(), tls) as port:
        for authority in (other, None):
            error = asked(f"https://127.0.0.1:{port}", authority)
            assert type(error) is RefusedError
            assert "its certificate cannot be trusted" in str(error)


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    tls, authority = context(tmp_path, "vault.example")
    with serving(lambda *_: Reply(), tls) as port:
        assert type(asked(f"https://127.0.0.1:{port}", authority)) is RefusedError


def test_a_certificate_that_has_expired_is_refused(tmp_path: Path) -> None:
    server = Certified(tmp_path, "localhost", days=-1)
    with serving(lambda *_: Reply(), server.context) as port:
        error = asked(f"https://localhost:{port}", server.authority)
    assert type(error) is RefusedError
    assert "expired" in str(error)


def test_a_proxy_that_is_down_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    error = asked("https://vault.example")
    assert type(error) is UnreachableError
    assert "the proxy" in str(error)


def test_a_request_that_cannot_be_sent_repeats_nothing_of_it() -> None:
    error = unanswered("Vault", requests.exceptions.InvalidHeader("X-Vault-Token: canary\n"))
    assert type(error) is SecretError
    assert "canary" not in f"{error} {error.hint}"
