import pytest
from tests.checklist.database_stand import DatabaseStand, visited

from uz.checklist.database_managed import DatabaseManaged
from uz.checklist.item import inapplicable_since
from uz.checklist.managed import users
from uz.evidence import Effect
from uz.operations.prove import HARMLESS, prove
from uz.testing import spec
from uz.verdict import State, together

ITEM = DatabaseManaged()


@pytest.fixture(autouse=True)
def _visited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "observed", visited())


def test_it_applies_only_where_there_is_a_database() -> None:
    assert inapplicable_since(ITEM, spec()) == "uz.toml has no [database]"
    assert inapplicable_since(ITEM, spec(database={})) == ""


def test_what_else_backups_are_worth_is_for_their_own_items_to_prove() -> None:
    assert "`backups.scheduled` and `backups.restorable` prove" in (ITEM.__doc__ or "")
    assert "backups.*" in ITEM.fix


def test_on_a_running_environment_it_takes_nothing_away() -> None:
    stand = DatabaseStand()
    found = prove(stand, [ITEM], HARMLESS, lambda _item, _what: None)
    assert [one.experiment for one in found] == ["settings", "replicated"]
    assert together(one.verdict for one in found).state is State.PROVEN
    assert set(stand.restarts.values()) == {0}


def test_everything_that_takes_a_server_away_says_so() -> None:
    harmless = {one.name for one in ITEM.experiments if one.effect is not Effect.DISRUPT}
    assert harmless == {"settings", "replicated"}


def test_evidence_changes_with_the_servers_files_and_the_table() -> None:
    one, other = DatabaseStand(), DatabaseStand(statement_timeout="20s")
    assert one.inputs(ITEM.inputs).keys() == other.inputs(ITEM.inputs).keys()
    assert one.inputs(ITEM.inputs) != other.inputs(ITEM.inputs)
