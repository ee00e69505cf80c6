"""What a drill means: one that found all right, and those that only came to an end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.checklist.backups_stand import BackupsStand, as_production, backed_up

from uz.backups.drilled import Drilled
from uz.backups.finding import Finding
from uz.backups.system import JobRun
from uz.checklist.backups_restorable import BackupsRestorable
from uz.checklist.offsite.configured import ON_ITS_WAY
from uz.checklist.restoring.drills import recovered, restored, verdict_of
from uz.errors import StoreUnreachableError
from uz.operations.prove import judged
from uz.testing import FakeEnvironment
from uz.verdict import Domain, State

POINT = Finding("point", True, "as recorded", {"tables": 12, "rows": 1200, "differences": 0})
LACKS = Finding("point", False, "public.orders: 1 row less", {"tables": 12, "differences": 1})
GOOD = Drilled(
    datetime.now(UTC), "cafe", "20261126-030000F", "uz-1",
    {"list": 0.1, "fetch": 2.0, "restore": 1.5, "compare": 30.0}, 20.0, (POINT,),
)  # fmt: skip


def test_a_drill_in_which_all_is_right_is_proven_with_its_figures(stand: BackupsStand) -> None:
    stand.fake.drilled = GOOD
    found = restored(stand)
    assert found.state is State.PROVEN, found.reason
    assert found.figures.items() >= {
        "recovery_s": 3.6, "rpo_s": 20.0, "restore_s": 1.5, "rows": 1200, "tables": 12,
    }.items()  # fmt: skip
    assert "differences" not in found.figures
    assert "20 s of changes would be lost" in found.reason
    assert stand.fake.drills == [False]


def test_all_of_it_is_tried_with_the_app(stand: BackupsStand) -> None:
    stand.fake.drilled = replace(GOOD, whole=True)
    found = recovered(stand)
    assert found.state is State.PROVEN
    assert "the app served on it" in found.reason
    assert stand.fake.drills == [True]


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (replace(GOOD, findings=(POINT, LACKS)), "point: public.orders: 1 row less"),
        (replace(GOOD, stopped="there is no log"), "there is no log"),
        (replace(GOOD, findings=(LACKS,), stopped="no log"), "no log; point: public.orders"),
    ],
    ids=["lacks", "stopped", "both"],
)
def test_what_is_wrong_refutes_it_and_is_said(
    stand: BackupsStand, done: Drilled, said: str
) -> None:
    stand.fake.drilled = done
    found = restored(stand)
    assert found.state is State.REFUTED
    assert found.reason.startswith(said)


def test_a_drill_that_ended_well_and_compared_nothing_looks_right_and_is_refuted(
    stand: BackupsStand,
) -> None:
    stand.fake.drilled = replace(GOOD, findings=())
    found = restored(stand)
    assert (found.state, found.reason) == (State.REFUTED, "nothing was compared")
    assert found.figures["recovery_s"] == 3.6


def test_a_drill_that_could_not_be_tried_decides_nothing(
    stand: BackupsStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> Drilled:
        raise StoreUnreachableError("no answer")

    monkeypatch.setattr(stand.fake, "drill", away)
    assert judged(stand, BackupsRestorable().experiments[0]).state is State.UNKNOWN


def test_without_backups_it_is_missing() -> None:
    assert restored(FakeEnvironment()).state is State.MISSING


def test_what_was_taken_and_never_came_off_site_is_refuted_without_a_drill(tmp_path: Path) -> None:
    stand = BackupsStand(tmp_path)
    ago = datetime.now(UTC) - ON_ITS_WAY - timedelta(seconds=1)
    stand.fake.journal.append(JobRun(ago, ago, ok=True, outcome="done"))
    found = restored(stand)
    assert found.state is State.REFUTED
    assert "is not off-site" in found.reason
    assert stand.fake.drills == []


def test_the_same_restore_from_another_site_is_worth_more(stand: BackupsStand) -> None:
    assert verdict_of(as_production(stand), GOOD).state is State.DECLARED
    stand.fake.away = True
    found = verdict_of(stand, GOOD)
    assert (found.state, found.domains) == (State.PROVEN, (Domain.SITE,))


def test_without_a_database_nothing_is_said_of_changes(tmp_path: Path) -> None:
    stand = backed_up(tmp_path, database=False)
    stand.fake.drilled = replace(
        GOOD, rpo=None, whole=True, findings=(Finding("app", True, "200"),)
    )
    found = recovered(stand)
    assert found.state is State.PROVEN
    assert "would be lost" not in found.reason
    assert "rpo_s" not in found.figures
