"""That sabotage is undone; that it is noticed is tried on real servers, in tests/live."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from tests.checklist.database_stand import DatabaseStand

from uz.checklist.database_managed import DatabaseManaged
from uz.checklist.item import Control
from uz.checklist.managed import sabotage
from uz.environment import Environment
from uz.errors import UzError
from uz.spec import Kind
from uz.testing import spec

Sabotage = Callable[[Environment], AbstractContextManager[None]]


class Pliant(DatabaseStand):
    """Shows a setting as it was last set, and a slot until it is dropped."""

    def _answer(self, node: str, statement: str, timeout: float) -> str:
        words = statement.split()
        if statement.startswith("ALTER SYSTEM SET"):
            self.shown[words[3]] = statement.split(" = ", 1)[1].strip("'")
        if statement.startswith("ALTER SYSTEM RESET"):
            self.shown.pop(words[3])
        if statement.startswith("SHOW"):
            return self.shown[words[1]]
        if statement.startswith("SELECT 1 FROM pg_replication_slots"):
            return ""
        return super()._answer(node, statement, timeout)


CONTROLS = pytest.mark.parametrize(
    "one",
    # that of `together` needs backups as well: test_unarchived.py
    [one for one in DatabaseManaged().controls if one.catches != "together"],
    ids=lambda one: one.name,
)


def left(stand: DatabaseStand) -> tuple[object, ...]:
    changes = [sql.split(" = ")[0] for _, sql in stand.asked if sql.startswith("ALTER")]
    undone = [sql.replace("SET", "RESET", 1) for sql in changes if " SET " in sql]
    return stand.files, stand.running, sorted(set(undone) - set(changes))


@CONTROLS
def test_every_sabotage_is_undone_when_the_experiment_fails(one: Control) -> None:
    stand = Pliant()
    before = (dict(stand.files), dict(stand.running))
    with pytest.raises(ZeroDivisionError), one.sabotage(stand):
        raise ZeroDivisionError
    assert left(stand) == (*before, [])


@CONTROLS
def test_every_sabotage_breaks_something(one: Control) -> None:
    stand = Pliant()
    before = (dict(stand.files), dict(stand.running))
    with one.sabotage(stand):
        changed = [sql for _, sql in stand.asked if "ALTER" in sql or "drop" in sql]
        assert changed or (stand.files, stand.running) != before


def test_a_dropped_slot_is_made_again() -> None:
    stand = Pliant()
    with sabotage.slot_dropped(stand):
        assert "pg_drop_replication_slot" in " ".join(sql for _, sql in stand.asked)
    node, statement = stand.asked[-1]
    assert node == "database-2"
    assert "pg_create_physical_replication_slot('database_1', true)" in statement


def test_a_setting_that_is_not_taken_up_is_no_sabotage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sabotage, "TAKEN_UP", 0.1)
    with (
        pytest.raises(UzError, match="did not change"),
        sabotage.torn_pages(DatabaseStand()),
    ):
        pass


def test_settings_of_a_running_environment_are_left_alone() -> None:
    stand = DatabaseStand()
    stand.spec = spec("trial", kind="staging", database={})
    assert stand.kind is Kind.STAGING
    with pytest.raises(UzError, match="no rehearsal"), sabotage.acknowledged_early(stand):
        pass
    assert not [sql for _, sql in stand.asked if "ALTER" in sql]


@pytest.mark.parametrize("one", [sabotage.slot_dropped, sabotage.replica_down, sabotage.detached])
def test_what_is_not_there_cannot_be_broken(one: Sabotage) -> None:
    stand = DatabaseStand(replicas=0)
    with pytest.raises(UzError, match="no replica"), one(stand):
        pass


@pytest.mark.parametrize(
    ("replication", "names"),
    [("asynchronous", "ANY 1 (database_1, database_3)"), ("synchronous", "")],
)
def test_the_other_policy_is_the_one_that_was_not_asked_for(replication: str, names: str) -> None:
    stand = Pliant(replication=replication, replicas=2)
    with sabotage.other_policy(stand):
        assert stand.shown["synchronous_standby_names"] == names
