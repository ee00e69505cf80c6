"""A database whose replica takes over, on paper: what the experiment says of each thing missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from uz.backups.wal import name_of
from uz.checklist.managed import together as module
from uz.checklist.managed.together import together
from uz.shell import Completed
from uz.spec import Kind
from uz.stack import Owner
from uz.testing import FakeEnvironment, spec
from uz.testing.backups import FakeBackups
from uz.verdict import State

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Stand(FakeEnvironment):
    """Two servers, whose canary is a list of times. `archives`: whether a new primary does;
    `sends`: whether its log comes off-site."""

    def __init__(self, folder: Path, replicas: int = 1, offsite: str | None = "embedded") -> None:
        backups = {"offsite": offsite} if offsite else {}
        super().__init__(spec("trial", database={"replicas": replicas}, backups=backups))
        self.leads, self.rows, self.now = "database-1", list[datetime](), FIRST
        self.archives = self.sends = True
        self.backup_system = self.fake = FakeBackups(folder)
        self.fake.back_up()
        self.fake.record_point()
        self.fake.other, self.fake.holds = self.another, self.restored

    @contextmanager
    def another(self) -> Iterator[str]:
        self.leads = "database-2"
        if self.sends:
            name = name_of(2, 9)
            self.fake.put(f"database/archive/main/15-1/{name[:16]}/{name}-{'a' * 40}.zst", b"log")
        yield self.leads
        self.leads = "database-1"

    def restored(self, moment: datetime) -> datetime | None:
        return max((row for row in self.rows if row <= moment), default=None)

    def run(self, *argv: str, timeout: float = 60, owner: Owner = Owner.SERVERS) -> Completed:
        del timeout, owner
        node = "database-1" if argv[argv.index("-p") + 1] == self._port(1) else "database-2"
        return Completed(argv, 0, self._answer(node, argv[-1]), "")

    def _port(self, node: int) -> str:
        return str(self.address(f"database-{node}").port)

    def _answer(self, node: str, sql: str) -> str:
        if "pg_is_in_recovery" in sql:
            return "f" if node == self.leads else "t"
        assert node == self.leads
        if "last_archived_wal" in sql:
            return name_of(2, 9) if self.archives else name_of(1, 8)
        if "pg_switch_wal" in sql:
            return name_of(2, 9)
        self.now += timedelta(seconds=1)
        if "INSERT" in sql:
            self.rows.append(self.now)
        return self.now.replace(tzinfo=None).isoformat(timespec="microseconds")


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    monkeypatch.setattr(module, "ARCHIVED", 0.1)
    return Stand(tmp_path)


def test_moments_before_and_after_a_change_of_primary_are_restored(stand: Stand) -> None:
    found = together(stand)
    assert found.state is State.PROVEN, found.reason
    assert found.figures == {"timeline": 2, "apart_s": 2.0}
    assert stand.leads == "database-1"
    assert len(stand.rows) == 3, "something was written behind the second moment"
    assert stand.fake.sent == 1


def test_on_one_machine_it_is_not_enough_for_production(stand: Stand) -> None:
    stand.stands_for = Kind.PRODUCTION
    assert together(stand).state is State.DECLARED


def test_a_new_primary_that_does_not_archive_is_refuted_and_gives_back(stand: Stand) -> None:
    stand.archives = False
    found = together(stand)
    assert (found.state, stand.leads) == (State.REFUTED, "database-1")
    assert found.reason.startswith("database-2 took over, and does not archive")


def test_log_that_stays_on_this_machine_is_refuted(stand: Stand) -> None:
    stand.sends = False
    assert "no log of it is off-site" in together(stand).reason


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (lambda _: None, "before the replica took over, the database lacks"),
        (lambda _: FIRST, "before the replica took over, the database lacks"),
        (lambda moment: moment + timedelta(seconds=9), "has what came later"),
        (lambda _: FIRST + timedelta(seconds=1), "after the replica took over, the database lacks"),
    ],
)
def test_a_restore_that_has_less_or_more_is_refuted(stand: Stand, lost: object, said: str) -> None:
    stand.fake.holds = lost  # type: ignore[assignment]
    found = together(stand)
    assert found.state is State.REFUTED
    assert said in found.reason


def test_without_backups_or_a_replica_it_cannot_apply(tmp_path: Path) -> None:
    for one in (Stand(tmp_path / "a", replicas=0), Stand(tmp_path / "b", offsite=None)):
        assert together(one).state is State.INAPPLICABLE
