from collections.abc import Callable

from uz.detect.finding import Finding, Remark, Topic
from uz.detect.repository import Repository
from uz.detect.routes import health_route

Repo = Callable[[dict[str, str]], Repository]
FASTAPI = "from fastapi import APIRouter, FastAPI\napp = FastAPI()\n"
LIVE = "@app.get('/health/live')\ndef live(): ...\n"
READY = "@app.get('/health/ready')\ndef ready(): ...\n"


def test_ready_is_preferred_and_live_is_the_alternative(repo: Repo) -> None:
    found = list(health_route(repo({"main.py": FASTAPI + LIVE + READY})))
    assert [one.value for one in found if isinstance(one, Finding)] == [
        "/health/ready",
        "/health/live",
    ]
    assert not any(isinstance(one, Remark) for one in found)


def test_a_sure_route_is_preferred_to_a_better_guess(repo: Repo) -> None:
    source = FASTAPI + LIVE + "r = APIRouter()\n@r.get('/ready')\ndef ready(): ..."
    first = next(iter(health_route(repo({"main.py": source}))))
    assert isinstance(first, Finding)
    assert (first.value, first.sure) == ("/health/live", True)


def test_only_a_live_route_is_remarked_on(repo: Repo) -> None:
    remarks = [o for o in health_route(repo({"main.py": FASTAPI + LIVE})) if isinstance(o, Remark)]
    assert [remark.topic for remark in remarks] == [Topic.CHANGE]


def test_no_route_is_said(repo: Repo) -> None:
    (remark,) = health_route(repo({"main.py": FASTAPI}))
    assert isinstance(remark, Remark)
    assert remark.topic is Topic.MISSING
