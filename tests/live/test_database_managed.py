"""`database.managed` for real: what was acknowledged is kept, and every sabotage is noticed.

What is left afterwards is asked without any of Uz's own code.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.live.postgres import a_stage_with_database, own, with_database
from tests.live.stage import Ran, Stage, a_stage

pytestmark = pytest.mark.live

STAGING = ("--env", "staging")
ITEM = "database.managed"
EXPERIMENTS = {
    "settings", "replicated", "synced", "survives-crash", "primary-lost", "replica-lost", "policy",
}  # fmt: skip
STATES = dict.fromkeys(EXPERIMENTS, "proven") | {"together": "inapplicable"}
"""There are no backups here; `test_together` has some."""
CONTROLS = 11
FREE = {"reads and writes went on", "is acknowledged"}
"""What the losses show where commits wait for no replica."""
WAITING = {": reads went on", "and acknowledged"}


def experiments(done: Ran) -> dict[str, dict[str, Any]]:
    """The item's experiments that were tried, by name."""
    assert done.stdout, done
    (item,) = done.json()["items"]
    return {one["name"]: one for one in item["experiments"]}


def left(stage: Stage, node: int = 1) -> str:
    """What Uz left in the servers: schemas, changed settings, and those of the app's role."""
    return own(
        stage, "SELECT nspname FROM pg_namespace WHERE nspname = 'uz_proof' UNION ALL"
        " SELECT name FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' UNION ALL"
        " SELECT unnest(setconfig) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole"
        " WHERE rolname = 'app' AND 'synchronous_commit=off' = ANY (setconfig)",
        node=node, database="postgres",
    )  # fmt: skip


@pytest.fixture(scope="module")
def stack() -> Iterator[Stage]:
    """Production with a replica."""
    with a_stage_with_database() as stage:
        yield stage


def test_on_production_nothing_is_taken_away_and_one_machine_is_not_enough(stack: Stage) -> None:
    done = stack.uz("prove", ITEM, "--json")
    found = {name: one for name, one in experiments(done).items() if one["figures"]}
    assert {name: one["state"] for name, one in found.items()} == {
        "settings": "proven", "replicated": "declared",
    }  # fmt: skip
    assert "same machine and disk" in found["replicated"]["reason"]
    assert found["replicated"]["figures"]["lag_ms"] < 5000
    assert {one["restarts"] for one in stack.services().values()} == {0}
    assert left(stack) == ""


def test_a_setting_changed_by_hand_is_refuted_until_it_is_changed_back(stack: Stage) -> None:
    own(stack, "ALTER SYSTEM SET synchronous_commit = off")
    own(stack, "SELECT pg_reload_conf()")
    found = experiments(stack.uz("prove", ITEM, "--json"))["settings"]
    own(stack, "ALTER SYSTEM RESET synchronous_commit")
    own(stack, "SELECT pg_reload_conf()")
    assert (found["state"], found["figures"]["synchronous_commit"]) == ("refuted", "off")
    assert experiments(stack.uz("prove", ITEM, "--json"))["settings"]["state"] == "proven"


def test_a_replica_that_keeps_old_rows_looks_well_and_is_refuted(stack: Stage) -> None:
    """It still streams: it only does not apply what it gets."""
    own(stack, "SELECT pg_wal_replay_pause()", node=2)
    found = experiments(stack.uz("prove", ITEM, "--json"))["replicated"]
    own(stack, "SELECT pg_wal_replay_resume()", node=2)
    assert stack.services()["database-2"]["healthy"]
    assert found["state"] == "refuted"
    assert "database-2 does not have a row" in found["reason"]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("replication", "shown"),
    [
        pytest.param("asynchronous", FREE, marks=pytest.mark.soak),  # as bin/demo shows
        ("synchronous", WAITING),
    ],
)
def test_all_is_proven_in_a_rehearsal_and_every_control_is_held(
    replication: str, shown: set[str]
) -> None:
    with a_stage() as stage:
        with_database(stage, replication=replication)
        stage.set("environments.staging.network.port_base", stage.another_base())
        stage.commit()
        stage.uz(*STAGING, "up")
        done = stage.uz(*STAGING, "rehearse", ITEM, "--json", timeout=850)
        found = {name: (one["state"], one["reason"]) for name, one in experiments(done).items()}
        assert {name: state for name, (state, _) in found.items()} == STATES, found
        assert shown <= {
            word for word in shown for _, reason in found.values() if word in reason
        }, found
        tried = [(one["id"], one["state"], one["reason"]) for one in done.json()["controls"]]
        assert [state for _, state, _ in tried] == ["held"] * CONTROLS, tried
        assert done.code == 0, done


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_after_a_switchover_the_other_server_is_tried_and_nothing_is_left_of_it() -> None:
    with a_stage() as stage:
        with_database(stage)
        stage.set("environments.production.kind", "staging")
        stage.up()
        assert stage.uz("switchover").code == 0
        done = stage.uz("prove", "--disrupt", ITEM, "--json", timeout=300)
        states = {name: one["state"] for name, one in experiments(done).items()}
        assert states == STATES, done
        assert stage.services()["database-2"]["restarts"] > 0
        assert left(stage, node=2) == ""
