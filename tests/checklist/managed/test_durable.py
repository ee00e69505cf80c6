from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.checklist.database_stand import DatabaseStand

from uz.checklist.item import Experiment
from uz.checklist.managed import durable
from uz.checklist.managed.durable import COMMITS, settings, syncs
from uz.checklist.syncs import Seen
from uz.environment import ServiceStatus
from uz.evidence import Effect
from uz.operations.prove import judged
from uz.verdict import State


class Watched(DatabaseStand):
    """Its servers have processes."""

    def status(self) -> tuple[ServiceStatus, ...]:
        return tuple(ServiceStatus(**{**vars(one), "pid": 4711}) for one in super().status())


def watched(monkeypatch: pytest.MonkeyPatch, seen: Seen) -> None:
    """Let strace see this."""

    @contextmanager
    def synced(*_: object) -> Iterator[Seen]:
        yield seen

    monkeypatch.setattr(durable, "synced", synced)


@pytest.mark.parametrize("replication", ["asynchronous", "synchronous"])
def test_settings_that_keep_what_was_acknowledged_are_proven(replication: str) -> None:
    verdict = settings(DatabaseStand(replication=replication))
    assert verdict.state is State.PROVEN
    assert verdict.figures["fsync"] == "on"


def test_the_settings_are_those_of_the_apps_own_sessions() -> None:
    stand = DatabaseStand()
    settings(stand)
    assert [who for who, _ in stand.asked] == ["app"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("fsync", "off", "fsync is off"),
        ("full_page_writes", "off", "full_page_writes is off"),
        ("data_checksums", "off", "data_checksums is off"),
        ("synchronous_commit", "off", "too early"),
        ("synchronous_standby_names", "ANY 1 (database_1)", "to be asynchronous"),
        ("in_hot_standby", "on", "to a replica"),
    ],
)
def test_one_wrong_setting_is_refuted(name: str, value: str, said: str) -> None:
    stand = DatabaseStand()
    stand.shown[name] = value
    verdict = settings(stand)
    assert verdict.state is State.REFUTED
    assert said in verdict.reason


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("synchronous_standby_names", "", "wait for nobody"),
        ("synchronous_commit", "local", "no replica's disk"),
        ("synchronous_commit", "remote_write", "no replica's disk"),
    ],
)
def test_what_is_enough_without_replicas_is_not_synchronous(
    name: str, value: str, said: str
) -> None:
    stand = DatabaseStand(replication="synchronous")
    stand.shown[name] = value
    verdict = settings(stand)
    assert verdict.state is State.REFUTED
    assert said in verdict.reason


def test_a_setting_that_is_not_told_decides_nothing() -> None:
    stand = DatabaseStand()
    del stand.shown["fsync"]
    assert settings(stand).state is State.UNKNOWN


def test_a_pooler_that_refuses_decides_nothing() -> None:
    stand = DatabaseStand()
    stand.refused = "psql: error: no more connections"
    one = Experiment("settings", Effect.OBSERVE, "", settings)
    assert judged(stand, one).state is State.UNKNOWN


def test_a_sync_for_each_commit_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    watched(monkeypatch, Seen(COMMITS))
    verdict = syncs(Watched())
    assert verdict.state is State.PROVEN
    assert verdict.figures == {"syncs": COMMITS, "commits": COMMITS}


@pytest.mark.parametrize("count", [0, 3])
def test_the_few_syncs_of_a_checkpoint_look_right_and_are_refuted(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    watched(monkeypatch, Seen(count))
    verdict = syncs(Watched())
    assert verdict.state is State.REFUTED
    assert f"{count} syncs for {COMMITS} commits" in verdict.reason


def test_a_process_that_may_not_be_watched_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    watched(monkeypatch, Seen(problem="strace may not watch process 4711"))
    verdict = syncs(Watched())
    assert (verdict.state, verdict.reason) == (State.UNKNOWN, "strace may not watch process 4711")


def test_syncs_that_are_no_calls_decide_nothing() -> None:
    stand = Watched()
    stand.shown["wal_sync_method"] = "open_datasync"
    assert syncs(stand).state is State.UNKNOWN


def test_a_primary_without_a_process_decides_nothing() -> None:
    assert syncs(DatabaseStand()).state is State.UNKNOWN
