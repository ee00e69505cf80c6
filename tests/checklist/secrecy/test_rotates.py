from collections.abc import Callable
from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand, trial

from uz.checklist.secrecy import rotates as module
from uz.checklist.secrecy.rotates import chosen, rotates
from uz.environment import Rotated
from uz.errors import UnhealthyError
from uz.spec import Spec
from uz.verdict import State

DATABASE = {"memory": "64MiB"}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAKEN_UP", 0.2)
    monkeypatch.setattr(module, "STAYS", 0.0)
    monkeypatch.setattr(module, "HEALTHY", 0.0)


@pytest.mark.parametrize(
    ("of", "name"),
    [
        (trial(), "redis/app"),
        (trial(database=DATABASE), "redis/app"),
        (trial(database=DATABASE, redis=None), "database/app"),
        (trial(redis=None), "app/session-key"),
        (trial(redis=None, app={"generated_secrets": []}), ""),
    ],
    ids=["redis", "both", "database", "app", "none"],
)
def test_what_a_server_takes_is_rotated_first(tmp_path: Path, of: Spec, name: str) -> None:
    with a_stand(tmp_path, of) as stand:
        assert chosen(stand) == name


def test_the_new_value_reaches_its_readers_and_the_old_one_is_refused(stand: SecrecyStand) -> None:
    found = rotates(stand)
    assert (found.state, found.reason) == (
        State.PROVEN,
        "redis/app was rotated: app-1 got the new value, and redis refuses the old one",
    )


def test_an_app_without_secrets_has_none_to_rotate(tmp_path: Path) -> None:
    with a_stand(tmp_path, trial(redis=None, app={"generated_secrets": []})) as stand:
        assert rotates(stand).state is State.INAPPLICABLE


def test_a_rehearsal_that_shares_its_secrets_rotates_none(tmp_path: Path) -> None:
    table = {"manager": "openbao", "prefix": "secret/shop"}
    with a_stand(tmp_path, trial(secrets=table)) as stand:
        before = stand.secret("redis/app")
        assert rotates(stand).state is State.UNKNOWN
        assert stand.secret("redis/app") == before


def test_a_value_that_stays_the_same_is_refuted(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand, "rotate", lambda name: Rotated(name, "2", ("app-1",), ("redis",)))
    assert "the same value" in rotates(stand).reason


@pytest.mark.parametrize(
    ("left_out", "said"),
    [("deliver", "app-1 was not given the new redis/app"), ("begin", "the old REDIS_URL")],
)
def test_a_reader_that_does_not_get_it_is_refuted(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch, left_out: str, said: str
) -> None:
    monkeypatch.setattr(stand, left_out, lambda: None)
    found = rotates(stand)
    assert (found.state, said in found.reason) == (State.REFUTED, True), found.reason


def test_an_old_file_that_is_put_back_is_refuted(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, old = stand.delivered("app-1", "redis-url"), stand.credential("app-1", "redis-url")
    asked = iter([False, True])

    def met(holds: Callable[[], bool], _within: float) -> bool:
        if next(asked):
            path.write_bytes(old.reveal())
        return holds()

    monkeypatch.setattr(module, "met", met)
    assert "then the old one was put back" in rotates(stand).reason


def test_a_server_that_takes_the_old_one_is_refuted(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate = stand.rotate
    monkeypatch.setattr(stand, "rotate", lambda name: Rotated(name, "2", rotate(name).readers))
    assert rotates(stand).reason == "no server was seen to refuse the old redis/app"


def test_a_rotation_that_leaves_the_stack_unhealthy_is_refuted(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_name: str) -> Rotated:
        raise UnhealthyError("app-1 is not ready")

    stand.broken.add("edge")
    assert "not healthy 0 s after" in rotates(stand).reason
    monkeypatch.setattr(stand, "rotate", failing)
    assert rotates(stand).reason == "redis/app was rotated, and then: app-1 is not ready"
