import pytest
from tests.checklist.edges import TWO_YEARS, Edges, app
from tests.servers import Reply

from uz.checklist import tls_strong
from uz.checklist.sslyze import Scan
from uz.checklist.tls_strong import (
    hsts,
    hsts_not_on_errors,
    intermediate,
    no_hsts,
    old_protocol,
    short_hsts,
    weak_cipher,
)
from uz.testing import FakeEnvironment
from uz.verdict import State, Verdict

MODERN = ("TLS 1.2", "TLS 1.3")


def scanned(monkeypatch: pytest.MonkeyPatch, found: Scan) -> Verdict:
    """What is made of a scan."""
    monkeypatch.setattr(tls_strong, "scan", lambda *_: found)
    return intermediate(FakeEnvironment())


def test_a_scan_without_deviations_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = scanned(monkeypatch, Scan(MODERN, 9, version="sslyze 6.3.1"))
    assert verdict.state is State.PROVEN
    assert verdict.figures["scanner"] == "sslyze 6.3.1"
    assert "TLS 1.2 and TLS 1.3, 9 cipher suites" in verdict.reason


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (Scan(MODERN, 9, deviations=("ciphers: should not",)), State.REFUTED),
        (Scan(("TLS 1.1", *MODERN), 9), State.REFUTED),
        (Scan(("SSL 3",), 1), State.REFUTED),
        (Scan(problem="cannot connect"), State.UNKNOWN),
        (Scan(), State.UNKNOWN),
        (Scan(MODERN, 9, problem="could not try: robot"), State.UNKNOWN),
    ],
)
def test_deviations_are_refuted_and_no_data_is_unknown(
    monkeypatch: pytest.MonkeyPatch, found: Scan, state: State
) -> None:
    assert scanned(monkeypatch, found).state is state


def test_hsts_on_every_kind_of_answer_is_proven(edge: Edges) -> None:
    verdict = hsts(edge())
    assert verdict.state is State.PROVEN
    assert verdict.reason == "HSTS for 2 years on 3 of 3 answers"
    assert verdict.figures["statuses"] == "200, 404, 414"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "no HSTS on GET / (200)"),
        ("includeSubDomains", "no HSTS on GET /"),
        ("max-age=86400", "HSTS for 86400 s only"),
        ("max-age=0; includeSubDomains", "HSTS for 0 s only"),
    ],
)
def test_missing_or_short_hsts_is_refuted(edge: Edges, value: str, said: str) -> None:
    verdict = hsts(edge(secure=lambda *_: Reply(200, {"Strict-Transport-Security": value})))
    assert verdict.state is State.REFUTED
    assert verdict.reason.startswith(said)


@pytest.mark.parametrize("without", [404, 414])
def test_hsts_on_good_answers_only_is_refuted(edge: Edges, without: int) -> None:
    def secure(method: str, host: str, path: str) -> Reply:
        reply = app(method, host, path)
        return Reply(reply.status) if reply.status == without else reply

    verdict = hsts(edge(secure=secure))
    assert verdict.state is State.REFUTED
    assert f"({without})" in verdict.reason


def test_an_edge_without_an_answer_is_unknown(edge: Edges) -> None:
    env = edge()
    env.certified.serve("elsewhere.invalid", days=90)
    assert hsts(env).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("sabotage", "path", "gone", "there"),
    [
        (old_protocol, "nginx", "ssl_protocols TLSv1.2 TLSv1.3;", "TLSv1.1"),
        (weak_cipher, "nginx", "CHACHA20-POLY1305;", "ECDHE-ECDSA-AES128-SHA"),
        (no_hsts, "headers", "Strict-Transport-Security", "X-Request-ID"),
        (short_hsts, "headers", TWO_YEARS, "max-age=86400"),
        (hsts_not_on_errors, "headers", f'"{TWO_YEARS}" always', f'"{TWO_YEARS}";'),
    ],
)
def test_each_control_weakens_one_thing_in_the_rendered_files(
    sabotage: object, path: str, gone: str, there: str
) -> None:
    fake = FakeEnvironment()
    file = f"edge/{path}.conf"
    before = fake.files[file]
    assert gone in before
    with sabotage(fake):  # type: ignore[operator]
        assert gone not in fake.files[file]
        assert there in fake.files[file]
    assert fake.files[file] == before
