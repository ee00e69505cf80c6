"""Item 25 as a whole: what it consists of. That each control is held is tried in tests/live."""

import pytest

from uz.checklist import ITEMS
from uz.checklist.backups_restorable import BackupsRestorable
from uz.checklist.item import Control, Experiment
from uz.evidence import Effect
from uz.operations.prove import judged
from uz.testing import FakeEnvironment, spec
from uz.verdict import State

ITEM = BackupsRestorable()
DATABASE = spec("trial", backups={"offsite": "embedded"}, database={"migrate": "true"})
NONE = spec("trial", backups={"offsite": "embedded"})


def test_it_is_on_the_checklist() -> None:
    assert "backups.restorable" in [one.id for one in ITEMS]


def test_the_controls_are_those_that_were_asked_for() -> None:
    assert [one.name for one in ITEM.controls] == [
        "base-flipped", "log-flipped", "log-missing", "manifest-cut", "only-here", "passphrase",
        "empty", "stranger", "week-old", "table-lacking", "rows-lacking",
        "files-flipped", "file-lacking",
    ]  # fmt: skip


def test_users_notice_nothing_of_it() -> None:
    assert {one.effect for one in ITEM.experiments} == {Effect.PROBE}


@pytest.mark.parametrize("control", ITEM.controls[:-2], ids=lambda one: one.name)
def test_what_is_broken_in_the_database_cannot_be_without_one(control: Control) -> None:
    assert control.unfit(DATABASE) == ""
    assert control.unfit(NONE) == "uz.toml has no [database]"


@pytest.mark.parametrize("control", ITEM.controls[-2:], ids=lambda one: one.name)
def test_files_can_be_broken_without_a_database_too(control: Control) -> None:
    assert control.unfit(NONE) == ""


def test_evidence_is_older_than_a_week_before_the_next_drill_is_missed() -> None:
    assert ITEM.max_age.days == 8


@pytest.mark.parametrize("one", ITEM.experiments, ids=lambda one: one.name)
def test_without_backups_they_are_missing(one: Experiment) -> None:
    assert judged(FakeEnvironment(), one).state is State.MISSING


def test_what_a_rehearsal_restored_of_its_own_does_not_count_for_others() -> None:
    assert all(one.here_only for one in ITEM.experiments)
