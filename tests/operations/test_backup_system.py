from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.operations.paper_backups import POINT, Paper, paper, sent
from tests.places import Projects
from tests.scheduling.stand import NOON, Stand, ended, job

from uz.backups import PASSPHRASE
from uz.backups.backup import BackupKind
from uz.backups.counting import Contents
from uz.backups.drilled import Drilled
from uz.backups.inventory import inventories
from uz.backups.point import Point, Table, parse_point
from uz.backups.sealing import seal, unseal
from uz.backups.system import JobRun
from uz.backups.wal import name_of
from uz.errors import BackupError, UnhealthyError, UzError
from uz.operations import backup_system as module
from uz.operations.backup_system import LocalBackups, backups_in
from uz.operations.drill_history import history
from uz.operations.place import Place
from uz.operations.switchover import SwitchedOver
from uz.scheduling.run import Outcome
from uz.secret import Secret
from uz.spec import Kind
from uz.targets.local.backups.sources import OffSite
from uz.testing import FakeEnvironment, spec

SECRET = Secret(b"correct horse")
TABLES = {"public.orders": Table(3, "1")}


class FakeSession:
    """Answers what a primary would. `archived`: the log that is archived, one for each look."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.archived = [name_of(1, 9)]

    def ask(self, sql: str, _database: str, *, within: float = 0) -> str:  # noqa: ARG002
        self.asked.append(sql)
        if "create_restore_point" in sql:
            return "0/9000110|2026-11-26 12:00:00+00|7"
        if "last_archived_wal" in sql:
            return self.archived.pop(0) if len(self.archived) > 1 else self.archived[0]
        return name_of(1, 9)


@pytest.fixture
def made(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Paper:
    """A place whose log number 9 is here, and nothing off-site."""
    one = paper(projects, monkeypatch)
    fake = FakeEnvironment(spec("trial"))
    fake.source.values[PASSPHRASE] = SECRET
    monkeypatch.setattr(Place, "environment", property(lambda _place: fake))

    def store_for(_place: Place, identity: str = "adder") -> object:
        one.identities.append(identity)
        return one.store

    monkeypatch.setattr(module, "store_for", store_for)

    def await_offsite(*_: object) -> str:
        sent(one)
        return ""

    monkeypatch.setattr(module, "await_offsite", await_offsite)
    monkeypatch.setattr(module, "SENT", 0.3)
    monkeypatch.setattr(module, "NAMES", one.engine)
    return one


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> FakeSession:
    one = FakeSession()
    monkeypatch.setattr(module, "primary_session", lambda _env: one)
    return one


@pytest.fixture
def system(made: Paper) -> LocalBackups:
    return LocalBackups(made.place)


def test_each_identity_of_the_store_can_be_asked_for(made: Paper, system: LocalBackups) -> None:
    system.store()
    system.store("retention")
    assert made.identities == ["adder", "retention"]


def test_the_embedded_store_is_not_away(system: LocalBackups) -> None:
    assert not system.away


def test_a_bucket_elsewhere_is(made: Paper) -> None:
    bucket = {"offsite": "s3://vault", "access_key": "k", "secret_key": "s"}
    assert made.place.spec.backups
    backups = made.place.spec.backups.model_copy(update=bucket)
    far = replace(made.place, spec=made.place.spec.model_copy(update={"backups": backups}))
    assert LocalBackups(far).away


def test_the_repository_is_the_current_one(made: Paper, system: LocalBackups) -> None:
    assert system.repository == made.repository.folder
    assert system.naming is made.engine or system.naming == made.engine


def test_a_backup_that_is_taken_is_off_site_when_it_is_handed_over(
    made: Paper, system: LocalBackups
) -> None:
    first = system.back_up()
    second = system.back_up(BackupKind.FULL)
    assert second.backups[-1].kind is BackupKind.FULL
    assert system.catalogs() == (second, first)
    assert second.key in made.store.list()


def test_one_that_does_not_get_off_site_is_no_backup(
    system: LocalBackups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "await_offsite", lambda *_: "not off-site yet: no answer")
    with pytest.raises(UnhealthyError, match="not off-site yet: no answer"):
        system.back_up()


def test_one_that_is_said_to_be_there_and_is_not_is_found_out(
    system: LocalBackups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "await_offsite", lambda *_: "")
    with pytest.raises(BackupError, match="said to be off-site, and is not there"):
        system.back_up()


def test_the_newest_repository_is_known_with_its_log(made: Paper, system: LocalBackups) -> None:
    with pytest.raises(BackupError, match="no complete backup off-site"):
        system.inventory()
    system.back_up()
    inventory, log = system.inventory()
    assert inventory.repository == made.repository.id
    assert log.segments == inventory.log(made.engine).segments


def kept(made: Paper, point: Point) -> Point:
    """A point that is recorded here, as `uz backup point` does, and goes off-site at once."""
    one = replace(point, repository=made.repository.id)
    path = made.repository.folder.parent / one.key
    path.write_bytes(seal(SECRET, one.text().encode()))
    return one


@pytest.mark.parametrize("late", [False, True])
def test_a_point_is_handed_over_when_it_and_its_log_are_off_site(
    made: Paper,
    system: LocalBackups,
    session: FakeSession,
    monkeypatch: pytest.MonkeyPatch,
    late: bool,
) -> None:
    made.engine.log(8 if late else 9)
    system.back_up()
    lsn = "0/B000110" if late else "0/9000110"

    def record_point(_place: Place) -> Point:
        one = kept(made, replace(POINT, lsn=lsn))
        sent(made)
        return one

    monkeypatch.setattr(module, "record_point", record_point)
    if late:
        with pytest.raises(UnhealthyError, match="restore point p is not off-site"):
            system.record_point()
    else:
        assert system.record_point().lsn == lsn
    assert "SELECT pg_switch_wal()" in session.asked


def test_a_point_that_stays_here_is_told(
    made: Paper, system: LocalBackups, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.engine.log(9)
    system.back_up()
    monkeypatch.setattr(module, "record_point", lambda _place: kept(made, POINT))
    with pytest.raises(UnhealthyError, match="is not off-site"):
        system.record_point()
    assert session.asked


def test_a_false_record_has_what_was_there_before_the_change_and_is_named_after_it(
    made: Paper, system: LocalBackups, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.engine.log(9)
    system.back_up()
    order: list[str] = []

    def contents(_ask: object) -> Contents:
        order.append("counted")
        return Contents(dict(TABLES), {"table public.orders": "d"}, {})

    def keep(repository: object, point: Point, passphrase: Secret) -> None:
        assert passphrase == SECRET
        order.append("kept")
        kept(made, point)
        sent(made)

    monkeypatch.setattr(module, "contents", contents)
    monkeypatch.setattr(module, "keep", keep)
    point = system.record_falsely(lambda: order.append("changed"))
    assert order == ["counted", "changed", "kept"]
    assert point.tables == TABLES
    assert (point.lsn, point.cluster, point.at) == (
        "0/9000110", "7", datetime(2026, 11, 26, 12, tzinfo=UTC),
    )  # fmt: skip
    assert point.repository == made.repository.id
    sealed = made.store.read(point.key)
    assert parse_point(unseal(SECRET, sealed)) == point


def test_nothing_is_recorded_falsely_but_in_a_rehearsal(
    made: Paper, system: LocalBackups, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeEnvironment(spec())
    assert fake.kind is Kind.PRODUCTION
    monkeypatch.setattr(Place, "environment", property(lambda _place: fake))
    with pytest.raises(UzError, match="no rehearsal"):
        system.record_falsely(lambda: pytest.fail("it was changed"))
    assert session.asked == []
    assert made.store.list() == {}


def test_the_log_is_sent_without_the_service_that_does_it(
    made: Paper, system: LocalBackups, session: FakeSession
) -> None:
    made.engine.log(8, 9)
    made.engine.write("backup/b000/bundle", "not the log")
    session.archived = ["", name_of(1, 8), name_of(1, 9)]
    system.send_log()
    key = f"{made.repository.id}/database/log/{name_of(1, 9)}-x"
    assert key in made.store.put_keys
    assert len(made.store.put_keys) == 2
    system.send_log()
    assert len(made.store.put_keys) == 2, "what is there is not sent again"


def test_log_that_is_not_archived_is_told(
    made: Paper, system: LocalBackups, session: FakeSession
) -> None:
    session.archived = [name_of(1, 8)]
    with pytest.raises(UnhealthyError, match="is not archived after"):
        system.send_log()
    assert made.store.put_keys == []


def test_an_engine_is_for_another_folder_with_the_same_passphrase(
    made: Paper, system: LocalBackups, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(module, "private_engine", lambda *words: asked.append(words))
    system.engine(Path("/copy"), Path("/scratch"))
    assert asked == [(Path("/copy"), made.place.machine, SECRET, Path("/scratch"))]


@pytest.mark.parametrize("whole", [True, False])
def test_a_drill_is_tried_and_leaves_no_record(
    made: Paper, system: LocalBackups, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    tried = Drilled(datetime.now(UTC), whole=whole)

    def drill(place: Place, progress: Callable[[str, str], None], *, whole: bool) -> Drilled:
        progress("nobody", "hears it")
        assert (place, whole) == (made.place, tried.whole)
        return tried

    monkeypatch.setattr(module, "drill", drill)
    assert system.drill(whole=whole) is tried
    assert history(made.place.layout) == ()


def test_what_the_scheduler_did_is_told(made: Paper, system: LocalBackups) -> None:
    stand = Stand(made.place.layout.root)
    stand.plan(job("backup", "true", "17 3 * * *"))
    failed = ended("backup", NOON, Outcome.FAILED)
    for one in (failed, ended("backup", NOON, by="ann")):
        stand.journal.record(one)
    assert system.runs("backup") == (
        JobRun(NOON, failed.ended, False, "failed"),
        JobRun(NOON, failed.ended, True, "done", asked=True),
    )
    assert system.runs("drill") == ()
    schedule, due = system.due("backup")
    assert schedule == "17 3 * * *"
    assert due
    with pytest.raises(KeyError):
        system.due("drill")


def test_the_backups_of_an_environment_are_those_of_its_place(made: Paper) -> None:
    place = made.place
    env: Any = SimpleNamespace(
        project=place.project, spec=place.spec, machine=place.machine, stack=place.stack,
        layout=place.layout,
    )  # fmt: skip
    assert backups_in(env) == LocalBackups(place)


def test_inventories_are_read_as_a_restore_reads_them(made: Paper, system: LocalBackups) -> None:
    system.back_up()
    assert [one.repository for one in inventories(made.store)] == [made.repository.id]


def test_a_standby_leads_and_gives_back_also_when_something_fails(
    made: Paper, system: LocalBackups, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def switchover(_env: object, to: str, _progress: object) -> SwitchedOver:
        asked.append(to)
        return SwitchedOver(to or "database-2", 1.0)

    monkeypatch.setattr(module, "switchover", switchover)
    monkeypatch.setattr(module, "primary", lambda _env: "database-1")

    def fails() -> None:
        with system.led_by_another() as leads:
            assert leads == "database-2"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert asked == ["", "database-1"]


def test_a_server_that_does_not_follow_is_told(
    made: Paper, system: LocalBackups, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = SwitchedOver("database-2", 1.0, {"database-1": "it is broken"})
    monkeypatch.setattr(module, "switchover", lambda *_: done)
    monkeypatch.setattr(module, "primary", lambda _env: "database-1")
    said = "database-1 does not follow: it is broken"
    with pytest.raises(UnhealthyError, match=said), system.led_by_another():
        pytest.fail("nothing is done then")


def test_a_moment_is_restored_from_off_site_by_who_holds_drills(
    made: Paper, system: LocalBackups, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    @contextmanager
    def restored(_shop: object, source: OffSite, chosen: object, folder: Path) -> Iterator[object]:
        seen.append((source.store, chosen, folder))
        yield SimpleNamespace(server=SimpleNamespace(ask="asked"))

    monkeypatch.setattr(module, "planned", lambda _shop, _source, target: target.at)
    monkeypatch.setattr(module, "restored", restored)
    monkeypatch.setattr(module, "newest", lambda ask: (ask, NOON))
    assert system.restored_at(NOON) == ("asked", NOON)
    assert seen == [(made.store, NOON, made.place.layout.root / "drill")]


def test_what_the_bucket_lacks_is_asked_now(
    made: Paper, system: LocalBackups, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacks(store: object, lock: timedelta) -> tuple[str, ...]:
        assert store is made.store
        return (f"{lock.days} days",)

    monkeypatch.setattr(module, "lacks", lacks)
    assert system.unprotected() == ("14 days",)
