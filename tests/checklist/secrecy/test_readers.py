import json
from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand

from uz.checklist.secrecy import readers as module
from uz.checklist.secrecy.readers import named_readers, nobody, permitted
from uz.scanning.finding import Finding, Kind, Spot
from uz.secret import Secret
from uz.targets.local.layout import Layout


def test_nobody_may_have_a_secret_in_a_variable() -> None:
    assert not nobody(1, "REDIS_URL", "redis/app")


def test_a_named_reader_may_have_its_own_secret_in_its_own_variable(stand: SecrecyStand) -> None:
    allowed = named_readers(stand)
    assert stand.process
    pid = stand.process.pid
    assert allowed(pid, "REDIS_URL", "redis/app")
    assert not allowed(pid, "OTHER", "redis/app")
    assert not allowed(pid, "REDIS_URL", "redis/admin")
    assert not allowed(1, "REDIS_URL", "redis/app")


def test_a_reader_that_was_started_meanwhile_is_known(stand: SecrecyStand) -> None:
    allowed = named_readers(stand)
    stand.begin()
    assert stand.process
    assert allowed(stand.process.pid, "REDIS_URL", "redis/app")


def test_processes_of_the_app_s_other_environments_may_too(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = stand.own.parent / "production"
    other.mkdir()
    (other / "state.json").write_text(json.dumps({}))
    asked: list[Path] = []

    class Supervised:
        def __init__(self, layout: Layout) -> None:
            asked.append(layout.root)

        def pid(self) -> int:
            return 4_000_000

    monkeypatch.setattr(module, "Supervisor", Supervised)
    allowed = named_readers(stand)
    assert asked == [other]
    assert allowed(4_000_000, "REDIS_URL", "redis/app")
    assert not allowed(4_000_000, "REDIS_URL", "redis/admin")
    assert not allowed(4_000_001, "REDIS_URL", "redis/app")


def in_variable(secret: str, *, closed: bool = False) -> Finding:
    spot = Spot(Kind.VARIABLE, "process 7", pid=7, variable="REDIS_URL")
    return Finding(secret, "plain", spot, closed=closed)


def the_app(_pid: int, variable: str, secret: str) -> bool:
    return (variable, secret) == ("REDIS_URL", "redis/app")


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("redis/app", True),
        ("another-name", True),
        ("redis/app (version 3)", True),
        ("rotation/redis/app/new", True),
        ("rotation/redis/app/old", True),
        ("rotation/redis/admin/new", False),
        ("redis/admin", False),
    ],
)
def test_a_value_may_be_where_any_of_its_names_may(name: str, may: bool) -> None:
    values = {name: Secret(b"one-value"), "redis/other": Secret(b"other-value")}
    if name == "another-name":
        values["redis/app"] = Secret(b"one-value\n")
    found = in_variable(name)
    assert permitted([found], values, the_app) == ((found,) if may else ())


def test_what_is_refused_by_now_or_was_not_looked_for_by_its_name_is_not_shared() -> None:
    values = {"redis/app": Secret(b"one-value")}
    assert permitted([in_variable("redis/app", closed=True)], values, the_app) == ()
    assert permitted([in_variable("the canary")], values, the_app) == ()
