from collections.abc import Callable

import pytest

from uz.operations import smoke
from uz.operations.smoke import smoked
from uz.testing import FakeEnvironment, spec
from uz.traffic import Answer

Answers = dict[str, int | str]


class FakeVisitor:
    """Answers with a status, or with the error that came instead."""

    def __init__(self, answers: Answers, closed: list[bool]) -> None:
        self.answers, self.closed = answers, closed

    def get(self, path: str) -> Answer:
        said = self.answers[path]
        if isinstance(said, int):
            return Answer(said, {}, b"", 0.01234, 0.0)
        return Answer(0, {}, b"", 10.0, 0.0, said)

    def close(self) -> None:
        self.closed.append(True)


Visit = Callable[[Answers], list[bool]]


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Let visitors be answered like this; the list says whether they left."""

    def answered(answers: Answers) -> list[bool]:
        closed: list[bool] = []
        monkeypatch.setattr(smoke, "Visitor", lambda *_: FakeVisitor(answers, closed))
        return closed

    return answered


@pytest.fixture
def env() -> FakeEnvironment:
    return FakeEnvironment(spec("trial", app={"health": "/health"}))


def test_the_apps_health_is_asked_for_whatever_else_is(visit: Visit, env: FakeEnvironment) -> None:
    closed = visit({"/health": 200})
    (one,) = smoked(env, ())
    assert (one.name, one.held, one.detail) == ("GET /health", True, "200")
    assert one.figures == {"status": 200, "seconds": 0.012}
    assert closed == [True]


def test_each_path_is_asked_for_once(visit: Visit, env: FakeEnvironment) -> None:
    visit({"/health": 200, "/cart": 204})
    found = smoked(env, ("/cart", "/health", "/cart"))
    assert [one.name for one in found] == ["GET /health", "GET /cart"]


@pytest.mark.parametrize("status", [199, 301, 302, 401, 404, 500, 503])
def test_anything_but_a_good_answer_does_not_hold(
    visit: Visit, env: FakeEnvironment, status: int
) -> None:
    visit({"/health": 200, "/cart": status})
    found = {one.name: one for one in smoked(env, ("/cart",))}
    assert found["GET /health"].held
    assert not found["GET /cart"].held
    assert found["GET /cart"].detail == str(status)


def test_no_answer_at_all_says_why(visit: Visit, env: FakeEnvironment) -> None:
    closed = visit({"/health": "TimeoutError: timed out"})
    (one,) = smoked(env, ())
    assert (one.held, one.detail) == (False, "no answer: TimeoutError: timed out")
    assert closed == [True]
