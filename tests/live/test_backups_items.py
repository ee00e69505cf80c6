"""`backups.scheduled` and `backups.restorable` for real: all holds, and every sabotage is noticed.

The fast tier tries the drill and three controls on an environment that is a rehearsal itself; the
rest is `uz rehearse`, as a user has it.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.live.offsite_stage import an_offsite_stage
from tests.live.postgres import note, own, with_database
from tests.live.stage import Ran, Stage

from uz.backups.system import BackupSystem
from uz.checklist.backups_restorable import BackupsRestorable
from uz.checklist.backups_scheduled import BackupsScheduled
from uz.checklist.offsite.configured import first_backup
from uz.checklist.restoring.sabotage import MADE
from uz.environment import Environment
from uz.operations import drill
from uz.operations.place import place_of
from uz.operations.prove import judged
from uz.targets.local.backups import restoring
from uz.targets.local.layout import HOME_VARIABLE
from uz.verdict import State

pytestmark = pytest.mark.live

RESTORABLE, SCHEDULED = BackupsRestorable(), BackupsScheduled()
RESTORED = RESTORABLE.experiments[0]
CONTROLS = {one.name: one for one in RESTORABLE.controls}
FAST = {
    "passphrase": "the passphrase is another one",
    "log-missing": "is missing",
    "table-lacking": f"public.{MADE}: the table is missing, which had 10 rows",
}
"""Controls of the fast tier, and what the drill says under each."""
RUNS = 10
"""How often a healthy drill has to stay green."""
STAGING = ("--env", "staging")


@dataclass(frozen=True)
class Ready:
    """A stage whose first backup is off-site, and the environment as experiments see it."""

    stage: Stage
    env: Environment

    @property
    def backups(self) -> BackupSystem:
        """Its backups."""
        return self.env.backups()


def tiny(stage: Stage) -> None:
    """A tiny app with a table, and backups that are sent often."""
    stage.set("backups.reserve", "64MiB")
    stage.set("backups.rpo", "20s")
    with_database(stage, replicas=0)


@pytest.fixture(scope="module")
def ready() -> Iterator[Ready]:
    """An environment with some rows, backed up to the embedded store."""
    with pytest.MonkeyPatch.context() as patch, an_offsite_stage() as stage:
        patch.setenv(HOME_VARIABLE, str(stage.home))
        stage.set("environments.production.kind", "rehearsal")
        tiny(stage)
        stage.up()
        for number in range(3):
            note(stage, f"note {number}")
        one = Ready(stage, place_of(stage.project, "production").environment)
        assert first_backup(one.env) is None
        for _ in range(2):
            own(stage, "SELECT pg_logical_emit_message(true, 'test', 'something to archive')")
            one.backups.send_log()
        yield one


def left(ready: Ready) -> list[str]:
    """What a drill or a control may have left: folders, tables, objects of other repositories."""
    root = ready.stage.root()
    found = [str(one) for one in (root / "drill", root / "run/database/stranger") if one.exists()]
    tables = own(ready.stage, f"SELECT tablename FROM pg_tables WHERE tablename = '{MADE}'")
    repository = ready.backups.repository.name
    others = {key.partition("/")[0] for key in ready.backups.store().list()} - {repository}
    return [*found, *tables.split(), *others, *processes_below(root / "drill")]


def processes_below(folder: Path) -> list[str]:
    """Processes whose command names a folder."""
    found = []
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            if str(folder) in " ".join(one.cmdline()):
                found.append(str(one))
    return found


@pytest.mark.parametrize("name", FAST)
def test_a_backup_that_is_worth_nothing_is_found_out(
    ready: Ready, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "ARRIVES", 1.0)  # all that there is was sent already
    monkeypatch.setattr(drill, "_moment", lambda *_: None)  # a second restore, which has no say
    with CONTROLS[name].sabotage(ready.env):
        found = judged(ready.env, RESTORED)
    assert found.state is State.REFUTED, found.reason
    assert FAST[name] in found.reason
    assert left(ready) == []


def test_afterwards_the_database_comes_back_as_it_was(ready: Ready) -> None:
    found = judged(ready.env, RESTORED)
    assert found.state is State.PROVEN, found.reason
    assert (found.figures["tables"], found.figures["rows"]) == (2, 3)
    assert float(found.figures["rpo_s"]) <= 20
    assert left(ready) == []


@pytest.mark.slow
@pytest.mark.timeout(RUNS * 90)
def test_ten_healthy_drills_stay_green(ready: Ready) -> None:
    for number in range(RUNS):
        note(ready.stage, f"between drills {number}")
        found = judged(ready.env, RESTORED)
        assert found.state is State.PROVEN, f"run {number + 1}: {found.reason}"
        print(f"run {number + 1}: {dict(found.figures)}")
    assert left(ready) == []


def experiments(done: Ran) -> dict[str, dict[str, Any]]:
    """All experiments of a report, by name."""
    assert done.stdout, done
    return {one["name"]: one for item in done.json()["items"] for one in item["experiments"]}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_an_app_without_a_database_has_its_files_proven_and_every_control_that_fits_held() -> None:
    with an_offsite_stage() as stage:
        stage.set("backups.rpo", "20s")
        stage.set("environments.staging.network.port_base", stage.another_base())
        stage.commit()
        items = (SCHEDULED.id, RESTORABLE.id)
        done = stage.uz(*STAGING, "rehearse", *items, "--json", timeout=350)
        found = experiments(done)
        assert {name for name, one in found.items() if one["state"] != "proven"} == {"restored"}
        assert found["restored"]["state"] == "inapplicable"
        tried = {one["id"].split("/")[-1]: one["state"] for one in done.json()["controls"]}
        files = {"files-flipped", "file-lacking"}
        assert tried == dict.fromkeys({one.name for one in SCHEDULED.controls} | files, "held")
        assert done.code == 0, done


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("item", [SCHEDULED, RESTORABLE], ids=lambda item: item.id)
def test_all_is_proven_in_a_rehearsal_and_every_control_is_held(
    item: BackupsScheduled | BackupsRestorable,
) -> None:
    with an_offsite_stage() as stage:
        tiny(stage)
        stage.set("environments.staging.network.port_base", stage.another_base())
        stage.commit()
        done = stage.uz(*STAGING, "rehearse", item.id, "--json", timeout=1750)
        found = experiments(done)
        assert found.keys() == {one.name for one in item.experiments}
        assert {name: one for name, one in found.items() if one["state"] != "proven"} == {}
        tried = {one["id"].split("/")[-1]: one for one in done.json()["controls"]}
        assert tried.keys() == {one.name for one in item.controls}
        assert {name: one for name, one in tried.items() if one["state"] != "held"} == {}
        assert done.code == 0, done
        assert not stage.root("staging-rehearsal").exists()
