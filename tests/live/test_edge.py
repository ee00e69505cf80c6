"""What users meet, and what they can do: against a running stack that no test here changes."""

import json
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator

import pytest
from tests.live.stage import DOMAIN, Answer, Stage, a_stage, holds_within, listening

pytestmark = pytest.mark.live

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
HEADERS = {
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
}


@pytest.fixture(scope="module")
def strict() -> Iterator[Stage]:
    """A stack that allows little: 5 requests a second and 5 more, bodies of 64 KiB."""
    with a_stage() as one:
        one.set("edge.rate", 5)
        one.set("edge.burst", 5)
        one.set("edge.body_limit", "64KiB")
        one.up()
        yield one


def echoed(stage: Stage, headers: dict[str, str] | None = None) -> dict[str, list[str]]:
    """The headers that reach the app when a client sends these."""
    found: dict[str, list[str]] = {}
    for name, value in stage.client().get("/echo", headers).json()["headers"]:
        found.setdefault(name, []).append(value)
    return found


def access_log(stage: Stage, agent: str) -> dict[str, object]:
    """The access log's entry of the request with this user agent."""
    path = stage.root() / "logs/edge/access.log"

    def found() -> list[dict[str, object]]:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return [line for line in lines if line["user_agent"] == agent]

    assert holds_within(60, found)
    (entry,) = found()
    return entry


def shaken(stage: Stage, name: str | None, context: ssl.SSLContext) -> bytes:
    """Shake hands under a name, and return the certificate that is shown."""
    with (
        socket.create_connection(("127.0.0.1", stage.ports()[1]), 5) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


def blind() -> ssl.SSLContext:
    """TLS that checks nothing, as a scanner uses it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_users_are_served_over_tls_that_the_ca_vouches_for(running: Stage) -> None:
    answer = running.client().get("/whoami")
    assert answer.status == 200
    assert answer.json()["release"] == "0001"


def test_both_instances_serve(running: Stage) -> None:
    assert len(running.client().pids()) == 2


def test_nobody_is_served_a_certificate_that_the_system_trusts(running: Stage) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(running, DOMAIN, ssl.create_default_context())


def test_tls_older_than_1_2_is_refused(running: Stage) -> None:
    context = blind()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert shaken(running, DOMAIN, context)
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{running.ports()[1]}", "-tls1_1",
               "-servername", DOMAIN, "-cipher", "ALL:@SECLEVEL=0"]  # fmt: skip
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode != 0
    assert "protocol version" in done.stderr


def test_only_the_edge_listens_beyond_loopback(running: Stage) -> None:
    pids = {process.pid for process in running.processes()}
    beyond = {port for host, port in listening(pids) if host not in {"127.0.0.1", "::1"}}
    assert beyond == set(running.ports())
    owners = {
        process.name()
        for process in running.processes()
        if any(host != "127.0.0.1" for host, _ in listening({process.pid}))
    }
    assert owners == {"nginx"}


@pytest.mark.parametrize("path", ["/", "/deep/path?with=query&more=1", "/.well-known/x", "/a%20b"])
def test_plain_http_only_redirects_to_the_same_place(running: Stage, path: str) -> None:
    answer = running.client().plain(path)
    assert answer.status == 301
    assert answer.headers["location"] == f"https://{DOMAIN}:{running.ports()[1]}{path}"


def test_plain_http_on_the_https_port_is_redirected_too(running: Stage) -> None:
    with socket.create_connection(("127.0.0.1", running.ports()[1]), 5) as plain:
        plain.sendall(f"GET /x HTTP/1.1\r\nHost: {DOMAIN}\r\n\r\n".encode())
        said = plain.recv(4096).decode()
    assert said.startswith("HTTP/1.1 301")
    assert f"Location: https://{DOMAIN}:{running.ports()[1]}/x" in said


@pytest.mark.parametrize("name", ["stranger.test", f"www.{DOMAIN}", None])
def test_another_name_gets_no_handshake(running: Stage, name: str | None) -> None:
    with pytest.raises(ssl.SSLError):
        shaken(running, name, blind())


@pytest.mark.parametrize("host", ["stranger.test", "127.0.0.1", f"{DOMAIN}.stranger.test"])
def test_another_host_is_misdirected_even_behind_the_right_handshake(
    running: Stage, host: str
) -> None:
    assert running.client().get("/whoami", {"Host": host}).status == 421
    answer = running.client().plain("/", {"Host": host})
    assert answer.status == 421
    assert "location" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/no/such/page", "/fail", "/" + "x" * 20_000])
def test_every_answer_carries_the_security_headers(running: Stage, path: str) -> None:
    headers = running.client().get(path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS


def test_the_apps_own_header_wins_but_never_over_hsts(running: Stage) -> None:
    headers = running.client().get("/own-headers").headers
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["strict-transport-security"] == HEADERS["strict-transport-security"]
    assert "x-powered-by" not in headers


def test_no_answer_tells_a_version(running: Stage) -> None:
    for path in ("/", "/no/such/page", "/" + "x" * 20_000):
        answer = running.client().get(path)
        assert not re.search(r"nginx/\d|Python|tiny", answer.headers.get("server", ""))
        assert b"nginx/" not in answer.body


def test_a_valid_traceparent_goes_on_to_the_app(running: Stage) -> None:
    assert echoed(running, {"traceparent": TRACE})["traceparent"] == [TRACE]


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "garbage",
        TRACE.upper(),
        f"{TRACE}-more",
        TRACE.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32),
        TRACE.replace("00f067aa0ba902b7", "0" * 16),
        "ff" + TRACE[2:],
    ],
)
def test_an_invalid_traceparent_is_replaced(running: Stage, sent: str) -> None:
    (found,) = echoed(running, {"traceparent": sent})["traceparent"]
    assert found != sent
    assert re.fullmatch(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", found)


def test_the_request_id_reaches_app_and_client_and_is_the_edges_own(running: Stage) -> None:
    answer = running.client().get("/echo", {"X-Request-ID": "forged"})
    (sent,) = [value for name, value in answer.json()["headers"] if name == "x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", sent)
    assert answer.headers["x-request-id"] == sent


def test_what_a_client_claims_about_its_address_is_overwritten(running: Stage) -> None:
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Real-IP": "203.0.113.9",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "stranger.test",
        "X-Forwarded-Port": "1",
        "Proxy": "stranger.test",
    }
    found = echoed(running, forged)
    assert found["x-forwarded-for"] == ["127.0.0.1"]
    assert found["x-real-ip"] == ["127.0.0.1"]
    assert found["x-forwarded-proto"] == ["https"]
    assert found["x-forwarded-host"] == [f"{DOMAIN}:{running.ports()[1]}"]
    assert found["x-forwarded-port"] == [str(running.ports()[1])]
    assert "proxy" not in found


def test_the_access_log_is_json_without_query_and_credentials(running: Stage) -> None:
    secret = "s3cr3t-value"
    answer = running.client().get(
        f"/echo?token={secret}",
        {
            "User-Agent": 'quoted "agent" \\ 7',
            "Authorization": f"Bearer {secret}",
            "Cookie": f"session={secret}",
            "Referer": f"https://{DOMAIN}/?{secret}",
            "traceparent": TRACE,
        },
    )
    entry = access_log(running, 'quoted "agent" \\ 7')
    assert secret not in (running.root() / "logs/edge/access.log").read_text()
    assert entry["path"] == "/echo"
    assert entry["status"] == 200
    assert entry["release"] == "0001"
    assert entry["client"] == "127.0.0.1"
    assert entry["request_id"] == answer.headers["x-request-id"]
    assert entry["trace_id"] == TRACE.split("-")[1]
    assert str(entry["upstream"]).startswith("127.0.0.1:")


def test_bytes_that_no_json_holds_do_not_break_the_access_log(running: Stage) -> None:
    with (
        socket.create_connection(("127.0.0.1", running.ports()[1]), 5) as plain,
        running.client().context().wrap_socket(plain, server_hostname=DOMAIN) as secured,
    ):
        secured.sendall(
            b"GET /odd-%22-\xff HTTP/1.1\r\nHost: " + DOMAIN.encode() + b"\r\n"
            b'User-Agent: odd"\\\x01\xff\x80 agent\r\nConnection: close\r\n\r\n'
        )
        secured.recv(4096)
    path = running.root() / "logs/edge/access.log"
    assert holds_within(60, lambda: b"/odd" in path.read_bytes())
    for line in path.read_bytes().decode(errors="replace").splitlines():
        json.loads(line)


def test_the_status_page_answers_on_loopback_only(running: Stage) -> None:
    port = running.base + 81
    pids = {process.pid for process in running.processes()}
    assert {host for host, number in listening(pids) if number == port} == {"127.0.0.1"}


def test_beyond_the_rate_the_answer_is_429_with_retry_after(strict: Stage) -> None:
    answers: list[Answer] = [strict.client().get("/whoami") for _ in range(20)]
    refused = [answer for answer in answers if answer.status == 429]
    assert [answer.status for answer in answers[:5]] == [200] * 5
    assert {answer.status for answer in answers} == {200, 429}
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert {answer.headers["x-frame-options"] for answer in refused} == {"DENY"}


def test_a_body_beyond_the_limit_is_refused_with_413(strict: Stage) -> None:
    time.sleep(1.2)  # what earlier tests asked no longer counts
    within = strict.client().get("/echo", method="POST", body=b"x" * 64 * 1024)
    assert within.json()["length"] == 64 * 1024
    beyond = strict.client().get("/echo", method="POST", body=b"x" * (64 * 1024 + 1))
    assert beyond.status == 413
    assert "strict-transport-security" in beyond.headers
