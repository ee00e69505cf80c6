import os

import pytest
from tests.targets.local.rotation.local import Local

from uz.components.rotating import Phase, Record
from uz.errors import UnhealthyError
from uz.secret import Secret
from uz.shell import Completed
from uz.targets.local.rotation import refusal
from uz.targets.local.rotation.refusal import Door, doors, refused_by

OLD, NEW = Secret(b"old-old-old"), Secret(b"new-new-new")
RECORD = Record(OLD, NEW, Phase.CLOSE)
CLUSTER = ("database-1", "database-2")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "SOON", 0.05)


@pytest.mark.parametrize(
    ("name", "servers"),
    [
        ("redis/monitor", ("redis", "redis-replica-1")),
        ("database/app", (*CLUSTER, "pgbouncer")),
        ("database/monitoring", (*CLUSTER, "pgbouncer")),
        ("database/pgbouncer", (*CLUSTER, "pgbouncer")),
        ("database/migrations", CLUSTER),
        ("database/replication", CLUSTER),
        ("app/session-key", ()),
    ],
)
def test_every_server_that_knows_a_password_is_tried(name: str, servers: tuple[str, ...]) -> None:
    assert tuple(door.server for door in doors(Local(), name)) == servers


def tried(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> tuple[str, ...]:
    answers = {OLD.reveal(): old, NEW.reveal(): new}
    door = Door("redis", lambda secret: answers[secret.reveal()])
    monkeypatch.setattr(refusal, "doors", lambda *_: (door,))
    return refused_by(Local(), "redis/app", RECORD)


def test_a_server_that_lets_in_by_the_new_and_not_by_the_old_one_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert tried(monkeypatch, "refused", "in") == ("redis",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("in", "in", "still lets in by the old value"),
        ("refused", "refused", "refuses by the new value"),
        ("refused", "Connection refused", "cannot be asked about the new: Connection refused"),
        ("TimeoutError", "in", "cannot be asked about the old: TimeoutError"),
    ],
)
def test_all_else_is_no_proof(
    monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    with pytest.raises(UnhealthyError, match=f"redis/app: redis {said}") as caught:
        tried(monkeypatch, old, new)
    assert "old-old" not in str(caught.value)


def test_psql_knows_nothing_of_its_callers_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    def run(argv: list[str], *, timeout: float, environment: dict[str, str]) -> Completed:
        assert timeout == refusal.ANSWER
        seen.update(environment)
        return Completed(tuple(argv), 2, "", "password authentication failed")

    monkeypatch.setattr(refusal, "run", run)
    monkeypatch.setenv("STRIPE_KEY", "hunter2hunter2")
    monkeypatch.setenv("PGHOST", "elsewhere")
    assert refusal.psql_login(Local(), "database-1", "app", "postgres")(OLD) == "refused"
    assert seen == {"PATH": os.environ["PATH"], "LC_ALL": "C", "PGPASSWORD": "old-old-old",
                    "PGCONNECT_TIMEOUT": "5"}  # fmt: skip


def test_where_nobody_listens_nothing_is_proven() -> None:
    env = Local()
    for door in doors(env, "redis/app") + doors(env, "database/app"):
        assert door.tried(OLD) not in {"in", "refused"}
