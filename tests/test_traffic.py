import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers import Certified, Reply, serving

from uz.environment import Address
from uz.traffic import Answer, Observer, Visitor, observed

NAME = "shop.example"


def echo(method: str, host: str, path: str) -> Reply:
    """Say who was asked; /broken is broken and /moved is elsewhere."""
    status = {"/broken": 503, "/moved": 301, "/absent": 404}.get(path, 200)
    return Reply(status, {"X-Saw": f"{method} {host}", "Location": "/elsewhere"}, path.encode())


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return Certified(tmp_path, NAME)


@pytest.fixture
def edge(certified: Certified) -> Iterator[Address]:
    with serving(echo, certified.context) as port:
        yield Address("127.0.0.1", port)


@pytest.fixture
def visitor(edge: Address, certified: Certified) -> Iterator[Visitor]:
    one = Visitor(edge, NAME, certified.authority, timeout=3)
    yield one
    one.close()


def test_a_visitor_asks_under_the_apps_own_name(visitor: Visitor, edge: Address) -> None:
    answer = visitor.get("/page?x=1")
    assert (answer.status, answer.body) == (200, b"/page?x=1")
    assert answer.headers["x-saw"] == f"GET {NAME}:{edge.port}"


def test_redirects_are_answers_and_not_followed(visitor: Visitor) -> None:
    assert visitor.get("/moved").status == 301


@pytest.mark.parametrize(("path", "ok"), [("/", True), ("/absent", True), ("/broken", False)])
def test_only_a_servers_error_is_not_ok(visitor: Visitor, path: str, ok: bool) -> None:
    assert visitor.get(path).ok is ok


def test_another_method_and_a_new_connection_each_time(visitor: Visitor) -> None:
    answers = [visitor.get("/", method="HEAD", keep_alive=False) for _ in range(3)]
    assert [answer.headers["x-saw"].split()[0] for answer in answers] == ["HEAD"] * 3


def test_a_certificate_that_nobody_knows_is_no_answer(edge: Address) -> None:
    answer = Visitor(edge, NAME, timeout=3).get("/")
    assert (answer.status, answer.ok) == (0, False)
    assert "CERTIFICATE_VERIFY_FAILED" in answer.error


def test_a_certificate_for_another_name_is_no_answer(edge: Address, certified: Certified) -> None:
    answer = Visitor(edge, "other.example", certified.authority, timeout=3).get("/")
    assert answer.status == 0
    assert "doesn't match" in answer.error


def test_a_closed_port_is_no_answer_and_says_why(certified: Certified) -> None:
    with serving(echo) as port:
        pass
    answer = Visitor(Address("127.0.0.1", port), NAME, certified.authority, timeout=1).get("/")
    assert (answer.status, answer.ok) == (0, False)
    assert "refused" in answer.error


def test_a_server_without_an_answer_ends_at_the_timeout(certified: Certified) -> None:
    def slow(*_: str) -> Reply:
        time.sleep(1)
        return Reply()

    with serving(slow, certified.context) as port:
        begun = time.monotonic()
        visitor = Visitor(Address("127.0.0.1", port), NAME, certified.authority, timeout=0.2)
        assert visitor.get("/").status == 0
        assert time.monotonic() - begun < 0.9
        visitor.close()


def test_an_observer_counts_every_request_of_both_kinds(
    edge: Address, certified: Certified
) -> None:
    with observed(edge, NAME, certified.authority, "/page", rate=100) as seen:
        time.sleep(0.3)
    assert 20 <= seen.sent <= 40
    assert seen.failed == 0


def test_an_observer_sees_an_edge_that_goes_away(certified: Certified) -> None:
    with serving(echo, certified.context) as port:
        edge = Address("127.0.0.1", port)
    with observed(edge, NAME, certified.authority, rate=100) as seen:
        time.sleep(0.2)
    assert seen.failed == seen.sent > 0


def observer(*story: tuple[float, int]) -> Observer:
    """One of answers that began at these seconds, took 0.1 s and had this status."""
    return Observer([Answer(status, {}, b"", 0.1, began) for began, status in story])


@pytest.mark.parametrize(
    ("story", "gap"),
    [
        ((), 0.0),
        (((0, 200), (1, 200)), 0.0),
        (((0, 200), (1, 503), (2, 200)), 1.1),
        (((2, 200), (0, 200), (1, 0)), 1.1),
        (((0, 0), (1, 0), (2, 200), (3, 0), (4, 200)), 2.1),
        (((0, 200), (1, 503), (3, 503)), 2.1),
        (((0, 404), (1, 200)), 0.0),
    ],
)
def test_the_longest_gap_is_from_a_failure_to_the_next_good_answer(
    story: tuple[tuple[float, int], ...], gap: float
) -> None:
    assert observer(*story).longest_gap() == pytest.approx(gap)
