"""Backups across a change of primary, for real: the log goes on, and both moments come back."""

from collections.abc import Iterator

import pytest
from tests.live.offsite_stage import an_offsite_stage
from tests.live.postgres import note, own, with_database
from tests.live.stage import Stage

from uz.checklist.database_managed import DatabaseManaged
from uz.checklist.managed.unarchived import ASIDE, not_archived_after
from uz.environment import Environment
from uz.operations.place import place_of
from uz.operations.prove import judged
from uz.psql import primary
from uz.targets.local.layout import HOME_VARIABLE
from uz.verdict import State

(TOGETHER,) = (one for one in DatabaseManaged().experiments if one.name == "together")
pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.soak, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A rehearsal with a replica, backed up to the embedded store."""
    with pytest.MonkeyPatch.context() as patch, an_offsite_stage() as stage:
        patch.setenv(HOME_VARIABLE, str(stage.home))
        stage.set("environments.production.kind", "rehearsal")
        stage.set("backups.reserve", "64MiB")
        stage.set("backups.rpo", "20s")
        with_database(stage, replicas=1)
        stage.up()
        note(stage, "a note")
        yield stage


@pytest.fixture
def env(stage: Stage) -> Environment:
    return place_of(stage.project, "production").environment


def test_both_moments_come_back_and_the_primary_leads_again(stage: Stage, env: Environment) -> None:
    before = primary(env)
    found = judged(env, TOGETHER)
    assert found.state is State.PROVEN, found.reason
    assert found.figures["timeline"] == 2
    assert primary(env) == before
    assert env.healthy()


def test_a_replica_that_does_not_archive_when_it_leads_is_noticed_and_no_log_is_lost(
    stage: Stage, env: Environment
) -> None:
    with not_archived_after(env):
        found = judged(env, TOGETHER)
    assert found.state is State.REFUTED, found.reason
    assert "does not archive" in found.reason
    assert not (stage.root() / ASIDE).exists()
    settings = "SELECT name FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf'"
    assert [own(stage, settings, node=n, database="postgres") for n in (1, 2)] == ["", ""]
    done = env.backups().drill(whole=False)
    assert done.ok, done.wrong
    found = judged(env, TOGETHER)
    assert found.state is State.PROVEN, found.reason
