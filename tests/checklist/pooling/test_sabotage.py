"""Each sabotage breaks one thing, and puts it back whatever happens."""

import copy
from contextlib import suppress

import pytest
from tests.checklist.pool_stand import PoolStand, pooled_spec

from uz.checklist.database_pooled import DatabasePooled
from uz.checklist.item import Control
from uz.checklist.pooling import sabotage
from uz.errors import UzError

EVERY = pytest.mark.parametrize("control", DatabasePooled().controls, ids=lambda one: one.name)


def state(stand: PoolStand) -> tuple[dict[str, str], dict[str, object]]:
    """What a sabotage may change."""
    return dict(stand.files), copy.copy(dict(stand.limits))


@EVERY
@pytest.mark.parametrize("replication", ["asynchronous", "synchronous"])
def test_it_is_undone_when_the_experiment_crashes(control: Control, replication: str) -> None:
    stand = PoolStand(pooled_spec(replication=replication))
    before = state(stand)
    with suppress(ZeroDivisionError), control.sabotage(stand):
        assert control.name == "unsafe-client" or state(stand) != before
        raise ZeroDivisionError
    assert state(stand) == before
    log = stand.written["database-1"]
    assert sum("begins" in line for line in log) == sum("ends" in line for line in log)


def test_the_app_is_pointed_at_the_server(stand: PoolStand) -> None:
    with sabotage.past_the_pool(stand):
        url = stand.credential("app-1", "database-url").reveal().decode()
        assert f":{stand.address('database-1').port}/app" in url


@pytest.mark.parametrize(
    ("broken", "mode"),
    [(sabotage.session_mode, "session"), (sabotage.statement_mode, "statement")],
)
def test_the_pool_mode_is_changed(stand: PoolStand, broken: object, mode: str) -> None:
    assert callable(broken)
    with broken(stand):
        assert stand.mode == mode
    assert stand.mode == "transaction"


def test_a_limit_goes_from_the_connections_that_are_there_too(stand: PoolStand) -> None:
    with sabotage.no_statement_limit(stand):
        assert set(stand.limits) == {"idle_in_transaction_session_timeout"}
        assert stand.said[-1][-1].startswith("SELECT count")
        renewed = sum(words[-1] == "RECONNECT" for words in stand.said)
        assert renewed == 1
    assert sum(words[-1] == "RECONNECT" for words in stand.said) == 2


def test_a_limit_that_is_not_there_cannot_be_taken_away(stand: PoolStand) -> None:
    stand.limits.clear()
    with pytest.raises(UzError, match="prove nothing"), sabotage.no_idle_limit(stand):
        pass
    assert stand.limits == {}


def test_with_synchronous_replicas_pgbouncers_limit_goes_too() -> None:
    stand = PoolStand(pooled_spec(replication="synchronous"))
    with sabotage.no_idle_limit(stand):
        assert "\nquery_timeout = 0\n" in stand.files["pgbouncer/pgbouncer.ini"]
        assert stand.limits == {}
