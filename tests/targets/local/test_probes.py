import socket
from contextlib import closing

import pytest
from tests.servers import Reply, serving

from uz.stack import HttpReady, PortReady, StaysUp
from uz.targets.local import probes
from uz.targets.local.probes import not_ready
from uz.targets.local.supervise import ProcessState


def process(state: str = "RUNNING", uptime: float = 5, pid: int = 42) -> ProcessState:
    return ProcessState("app-1", state, pid, uptime, 0, "")


@pytest.mark.parametrize("state", ["STOPPED", "EXITED", "BACKOFF", "FATAL", "STOPPING"])
def test_what_does_not_run_is_not_ready(state: str) -> None:
    assert not_ready(StaysUp(0), process(state)) == "does not run"
    assert not_ready(StaysUp(0), None) == "does not run"
    assert not_ready(StaysUp(0), process(pid=0)) == "does not run"


@pytest.mark.parametrize(("uptime", "reason"), [(0.5, "only just started"), (1.0, "")])
def test_one_that_has_to_stay_up_is_ready_after_its_time(uptime: float, reason: str) -> None:
    assert not_ready(StaysUp(1.0), process(uptime=uptime)) == reason


def test_a_port_is_ready_when_it_accepts() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        assert not_ready(PortReady(port), process()) == ""
    assert not_ready(PortReady(port), process()) == f"127.0.0.1:{port}: Connection refused"


@pytest.mark.parametrize(
    ("status", "ready"), [(200, True), (204, True), (302, True), (404, False), (503, False)]
)
def test_a_path_is_ready_with_2xx_and_3xx(status: int, ready: bool) -> None:
    with serving(lambda *_: Reply(status)) as port:
        reason = not_ready(HttpReady(port, "/health", "shop.example"), process())
    assert (not reason) is ready
    assert ready or f"/health answers {status}, expected 2xx or 3xx" in reason


def test_the_probe_comes_under_the_apps_own_name() -> None:
    seen: list[tuple[str, str, str]] = []

    def answering(*request: str) -> Reply:
        seen.append(request)  # type: ignore[arg-type]
        return Reply()

    with serving(answering) as port:
        not_ready(HttpReady(port, "/health", "shop.example"), process())
    assert seen == [("GET", "shop.example", "/health")]


def test_silence_ends_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PROBE_TIMEOUT", 0.1)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        ready = HttpReady(server.getsockname()[1], "/", "shop.example")
        assert "gives no answer within 0.1 s" in not_ready(ready, process())


def test_an_answer_that_is_no_http_says_so() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = server.getsockname()
        with closing(socket.create_connection(address)):
            server.accept()[0].close()
        ready = HttpReady(address[1], "/", "shop.example")
        server.close()
        assert "Connection refused" in not_ready(ready, process())
