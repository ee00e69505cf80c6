from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from uz.backups.finding import Finding
from uz.backups.plan import Plan
from uz.backups.point import Point, Table
from uz.backups.target import LATEST, Target
from uz.errors import BackupError
from uz.operations import looking as module
from uz.operations.looking import Looking, structure
from uz.spec import Backups
from uz.targets.local.backups.private_server import PrivateServer

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
POINT = Point("uz-1", NOW - timedelta(minutes=5), "0/1", "7", "cafe",
              {"public.orders": Table(3, "1")}, "")  # fmt: skip
PLAN = cast(Plan, SimpleNamespace(backup=SimpleNamespace(label="F1")))


@dataclass
class FakeServer:
    """A restored database of this number; `reaches` ends with an error where that is set."""

    cluster: str = "7"
    reaches: BackupError | None = None
    reached: list[tuple[Target, float, bool]] = field(default_factory=list)

    def ask(self, sql: str, _database: str = "", *, within: float = 0) -> str:  # noqa: ARG002
        if not self.cluster:
            raise BackupError("no answer")
        assert "system_identifier" in sql
        return self.cluster

    def reach(self, target: Target, *, within: float, promote: bool) -> None:
        if self.reaches:
            raise self.reaches
        self.reached.append((target, within, promote))


class Seen:
    """What the looks of a test come to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.canary: datetime | None | BackupError = NOW - timedelta(seconds=20)
        self.found: list[Finding] = []
        self.invariants: tuple[str, ...] = ()
        self.order: list[str] = []
        monkeypatch.setattr(module, "compared", lambda _ask, _point: self._look("point"))
        self.since: datetime | None = None
        monkeypatch.setattr(module, "newest", self._newest)
        monkeypatch.setattr(module, "since", self._since)
        monkeypatch.setattr(module, "consistent", self._consistent)
        monkeypatch.setattr(module, "undamaged", lambda _ask: (self._look("indexes"),))
        monkeypatch.setattr(module, "structure", lambda _ask: {"table public.orders": "d"})

    def _look(self, name: str) -> Finding:
        self.order.append(name)
        return Finding(name, True, "well")

    def _consistent(self, _ask: object, own: tuple[str, ...]) -> tuple[Finding, ...]:
        self.invariants = own
        return (self._look("foreign keys"),)

    def _since(self, _ask: object, moment: datetime) -> tuple[datetime, ...]:
        self.since, found = moment, self._newest(None)
        return (found,) if found else ()

    def _newest(self, _ask: object) -> datetime | None:
        if isinstance(self.canary, BackupError):
            raise self.canary
        return self.canary


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    return Seen(monkeypatch)


def looked(seen: Seen, server: FakeServer | None = None, **wanted: object) -> Looking:
    """Look at a database restored to the point."""
    table = Backups(**{"rpo": timedelta(seconds=60), **wanted})  # type: ignore[arg-type]
    one = Looking(table, POINT, NOW, {}, seen.found.append)
    one.look(cast(PrivateServer, server or FakeServer()), PLAN)
    return one


def held(seen: Seen) -> Mapping[str, bool]:
    return {one.name: one.held for one in seen.found}


def test_it_is_compared_at_the_point_and_only_then_taken_on_to_the_latest(seen: Seen) -> None:
    server = FakeServer()
    one = looked(seen, server, timeout=timedelta(hours=2))
    assert server.reached == [(LATEST, 7200.0, True)]
    assert seen.order == ["point", "foreign keys", "indexes"]
    assert all(held(seen).values())
    assert {"point", "rpo", "foreign keys", "indexes"} <= set(held(seen))
    assert one.backup == "F1"
    assert one.structure == {"table public.orders": "d"}
    assert set(one.phases) == {"compare", "recover", "check"}


def test_another_database_is_noticed_by_its_number(seen: Seen) -> None:
    looked(seen, FakeServer("8"))
    assert not held(seen)["identity"]
    (one,) = [one for one in seen.found if one.name == "identity"]
    assert one.detail == "database 8, and the point was recorded of 7"


def test_a_number_that_cannot_be_asked_for_is_wrong(seen: Seen) -> None:
    looked(seen, FakeServer(""))
    assert not held(seen)["identity"]


def test_where_the_latest_cannot_be_reached_what_was_seen_until_then_stays(seen: Seen) -> None:
    with pytest.raises(BackupError, match="a hole"):
        looked(seen, FakeServer(reaches=BackupError("a hole in the log")))
    assert "point" in held(seen)
    assert "rpo" not in held(seen)


@pytest.mark.parametrize(("seconds", "fine"), [(0, True), (60, True), (60.1, False), (9999, False)])
def test_more_that_would_be_lost_than_may_be_is_wrong(
    seen: Seen, seconds: float, fine: bool
) -> None:
    seen.canary = NOW - timedelta(seconds=seconds)
    one = looked(seen)
    assert held(seen)["rpo"] is fine
    assert one.rpo == seconds
    assert one.canaries == (seen.canary,)
    assert seen.since == NOW - timedelta(days=14)
    (told,) = [one for one in seen.found if one.name == "rpo"]
    assert "60 s may be (backups.rpo)" in told.detail
    assert told.figures == {"rpo_seconds": seconds}


@pytest.mark.parametrize("canary", [None, BackupError("no table canary")])
def test_without_a_canary_it_is_not_known_and_that_is_wrong(
    seen: Seen, canary: BackupError | None
) -> None:
    seen.canary = canary
    one = looked(seen)
    assert not held(seen)["rpo"]
    assert (one.rpo, one.canaries) == (None, ())
    assert held(seen)["indexes"], "all else is looked at"


def test_the_users_own_invariants_are_asked(seen: Seen) -> None:
    looked(seen, invariants=("SELECT 1 WHERE false",))
    assert seen.invariants == ("SELECT 1 WHERE false",)


def test_what_is_wrong_does_not_end_the_looking(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = Finding("point", False, "2 rows are missing")
    monkeypatch.setattr(module, "compared", lambda _ask, _point: bad)
    looked(seen)
    assert not held(seen)["point"]
    assert "indexes" in held(seen)


def test_a_schema_is_a_digest_of_each_object() -> None:
    asked: list[str] = []

    def ask(sql: str, database: str, *, within: float = 0) -> str:  # noqa: ARG001
        asked.append(database)
        return '{"table public.orders": "d"}'

    assert structure(ask) == {"table public.orders": "d"}
    assert asked == ["app"]
