import socket
import ssl
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.managers.loopback import certify
from tests.servers import Reply, serving

from uz.stack import AskReady, Finished, HttpReady, HttpsReady, PortReady, StaysUp, TalkReady
from uz.targets.local import probes
from uz.targets.local.probes import not_ready
from uz.targets.local.supervise import ProcessState
from uz.targets.local.users import isolated, missing_users

ROOT = Path("/")


def process(state: str = "RUNNING", uptime: float = 5, pid: int = 42) -> ProcessState:
    return ProcessState("app-1", state, pid, uptime, 0, "")


@pytest.mark.parametrize("state", ["STOPPED", "EXITED", "BACKOFF", "FATAL", "STOPPING"])
def test_what_does_not_run_is_not_ready(state: str) -> None:
    assert not_ready(StaysUp(0), process(state), ROOT) == "does not run"
    assert not_ready(StaysUp(0), None, ROOT) == "does not run"
    assert not_ready(StaysUp(0), process(pid=0), ROOT) == "does not run"


@pytest.mark.parametrize(("uptime", "reason"), [(0.5, "only just started"), (1.0, "")])
def test_one_that_has_to_stay_up_is_ready_after_its_time(uptime: float, reason: str) -> None:
    assert not_ready(StaysUp(1.0), process(uptime=uptime), ROOT) == reason


def test_a_port_is_ready_when_it_accepts() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        assert not_ready(PortReady(port), process(), ROOT) == ""
    assert not_ready(PortReady(port), process(), ROOT) == f"127.0.0.1:{port}: Connection refused"


@pytest.mark.parametrize(
    ("status", "ready"), [(200, True), (204, True), (302, True), (404, False), (503, False)]
)
def test_a_path_is_ready_with_2xx_and_3xx(status: int, ready: bool) -> None:
    with serving(lambda *_: Reply(status)) as port:
        reason = not_ready(HttpReady(port, "/health", "shop.example"), process(), ROOT)
    assert (not reason) is ready
    assert ready or f"/health answers {status}, expected 2xx or 3xx" in reason


def test_the_probe_comes_under_the_apps_own_name() -> None:
    seen: list[tuple[str, str, str]] = []

    def answering(*request: str) -> Reply:
        seen.append(request)  # type: ignore[arg-type]
        return Reply()

    with serving(answering) as port:
        not_ready(HttpReady(port, "/health", "shop.example"), process(), ROOT)
    assert seen == [("GET", "shop.example", "/health")]


@pytest.fixture
def certified(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS, whose CA lies in `authority.pem` of the folder."""
    key, certificate, authority = certify("127.0.0.1")
    for name, text in (("key", key), ("cert", certificate), ("authority.pem", authority)):
        (tmp_path / name).write_bytes(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    return context


@pytest.mark.parametrize(("status", "ready"), [(200, True), (302, True), (503, False)])
def test_a_path_over_tls_is_ready_where_its_authority_is_known(
    certified: ssl.SSLContext, tmp_path: Path, status: int, ready: bool
) -> None:
    with serving(lambda *_: Reply(status), certified) as port:
        reason = not_ready(HttpsReady(port, "/health", "authority.pem"), process(), tmp_path)
    assert (not reason) is ready
    assert ready or f"https://127.0.0.1:{port}/health answers {status}" in reason


def test_a_certificate_of_another_authority_is_not_ready(
    certified: ssl.SSLContext, tmp_path: Path
) -> None:
    (tmp_path / "other.pem").write_bytes(certify("127.0.0.1")[2])
    with serving(lambda *_: Reply(), certified) as port:
        reason = not_ready(HttpsReady(port, "/", "other.pem"), process(), tmp_path)
    assert "certificate verify failed" in reason.lower()


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_without_an_authority_it_is_said_which_file_is_meant(
    tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "authority.pem").write_text(text)
    reason = not_ready(HttpsReady(1, "/", "authority.pem"), process(), tmp_path)
    assert reason.startswith(f"{tmp_path}/authority.pem: ")


def test_silence_ends_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PROBE_TIMEOUT", 0.1)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        ready = HttpReady(server.getsockname()[1], "/", "shop.example")
        assert "gives no answer within 0.1 s" in not_ready(ready, process(), ROOT)


def test_an_answer_that_is_no_http_says_so() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = server.getsockname()
        with closing(socket.create_connection(address)):
            server.accept()[0].close()
        ready = HttpReady(address[1], "/", "shop.example")
        server.close()
        assert "Connection refused" in not_ready(ready, process(), ROOT)


@pytest.fixture
def users() -> None:
    """The users whose rights a probe has."""
    if isolated() and missing_users():
        pytest.skip("root needs the users that `uz doctor --install` creates")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exit 0", ""),
        ("echo following nobody; exit 1", "following nobody"),
        ("echo one; echo two >&2; exit 3", "two"),
        ("exit 7", "its probe ends with 7"),
    ],
)
def test_a_command_is_ready_when_it_ends_well_and_else_says_why(
    users: None, text: str, reason: str
) -> None:
    assert not_ready(AskReady(("sh", "-c", text)), process(), ROOT) == reason


def test_a_command_runs_in_the_environments_folder(users: None, short: Path) -> None:
    ready = AskReady(("sh", "-c", '[ "$PWD" = "$0" ]', "{root}"))
    assert not_ready(ready, process(), short) == ""


def test_a_command_that_hangs_is_not_ready(users: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PROBE_TIMEOUT", 0.1)
    reason = not_ready(AskReady(("sleep", "60")), process(), ROOT)
    assert "still running after 0.1 s" in reason


def test_no_command_is_asked_for_what_does_not_run(users: None) -> None:
    assert not_ready(AskReady(("true",)), process("BACKOFF"), ROOT) == "does not run"


def test_what_runs_once_was_waited_for() -> None:
    assert not_ready(Finished(), None, ROOT) == ""


@pytest.mark.parametrize(("answer", "reason"), [(b"R...", ""), (b"E no", "says E no")])
def test_a_port_that_is_talked_to_has_to_answer_as_expected(answer: bytes, reason: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def answering() -> None:
            line, _ = server.accept()
            with closing(line):
                line.recv(64)
                line.sendall(answer)

        thread = threading.Thread(target=answering)
        thread.start()
        ready = TalkReady(server.getsockname()[1], b"hello", b"R")
        found = not_ready(ready, process(), ROOT)
        thread.join()
    assert found.endswith(reason) if reason else found == ""
