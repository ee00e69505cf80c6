"""The item as a whole, on a pretended PostgreSQL behind a pretended PgBouncer."""

import pytest
from tests.checklist.pool_stand import PoolStand, pooled_spec

from uz.checklist import ITEMS
from uz.checklist.database_pooled import DatabasePooled
from uz.checklist.item import Control, Experiment, inapplicable_since
from uz.checklist.pooling import crowd, limits, statements
from uz.evidence import Effect
from uz.operations.prove import check_controls, judged, prove
from uz.spec import Kind
from uz.testing import FakeEnvironment, spec
from uz.verdict import State

ITEM = DatabasePooled()
REPLICATION = pytest.mark.parametrize("replication", ["asynchronous", "synchronous"])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tolerances for a pretended server, which is never busy, and no real requests."""
    monkeypatch.setattr(limits, "LATE", 0.2)
    monkeypatch.setattr(limits, "BEYOND", 0.2)
    monkeypatch.setattr(crowd, "LONGEST", 1.0)
    monkeypatch.setattr(statements, "visit", lambda _env: 0)


def test_it_is_on_the_checklist() -> None:
    assert "database.pooled" in [one.id for one in ITEMS]


@REPLICATION
@pytest.mark.parametrize("one", ITEM.experiments, ids=lambda one: one.name)
def test_each_experiment_holds_on_a_pooled_database(one: Experiment, replication: str) -> None:
    verdict = judged(PoolStand(pooled_spec(replication=replication)), one)
    assert verdict.state is State.PROVEN, verdict.reason
    assert verdict.figures


@REPLICATION
@pytest.mark.parametrize("control", ITEM.controls, ids=lambda one: one.name)
def test_each_control_turns_its_experiment_red(control: Control, replication: str) -> None:
    class Alone(DatabasePooled):
        controls = (control,)

    stand = PoolStand(pooled_spec(replication=replication))
    (tried,) = check_controls(stand, [Alone()], lambda _item, _what: None)
    assert tried.held, tried.reason


def test_on_a_running_environment_nothing_takes_the_pool_away() -> None:
    effects = {one.name: one.effect for one in ITEM.experiments}
    assert effects["stuck-client"] is effects["driver"] is Effect.DISRUPT


def test_evidence_depends_on_the_app_the_pooler_the_server_and_its_roles() -> None:
    stand = PoolStand()
    (first, *_) = prove(stand, [ITEM], frozenset({Effect.PROBE}), lambda *_: None)
    assert {
        "config:app-1",
        "config:pgbouncer",
        "config:database-1",
        "config:database-setup",
    } <= set(first.inputs)
    assert {"version:pgbouncer", "version:postgres"} <= set(first.inputs)


def test_without_a_database_it_cannot_apply() -> None:
    assert inapplicable_since(ITEM, spec()) == "uz.toml has no [database]"
    assert prove(FakeEnvironment(), [ITEM], frozenset(Effect), lambda *_: None) == ()


@pytest.mark.parametrize(
    "one",
    [one for one in ITEM.experiments if one.name != "statement-timeout"],
    ids=lambda one: one.name,
)
def test_a_database_without_a_primary_decides_nothing(
    one: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = PoolStand()
    monkeypatch.setattr(stand, "_asked", lambda *_: "t")
    assert judged(stand, one).state is State.UNKNOWN


def test_controls_are_refused_outside_a_rehearsal() -> None:
    stand = PoolStand(spec("staging", kind="staging", database={}))
    assert stand.kind is Kind.STAGING
    with pytest.raises(Exception, match="no rehearsal"):
        check_controls(stand, [ITEM], lambda *_: None)
