"""Item 24 as a whole: each experiment holds on good backups, each control turns one red."""

from pathlib import Path

import pytest
from tests.checklist.backups_stand import BackupsStand, backed_up

from uz.checklist import ITEMS
from uz.checklist.backups_scheduled import BackupsScheduled
from uz.checklist.item import Control, Experiment
from uz.checklist.offsite import by_schedule, configured
from uz.evidence import Effect
from uz.operations.prove import check_controls, judged
from uz.testing import FakeEnvironment
from uz.verdict import State

ITEM = BackupsScheduled()
PAPER = [one for one in ITEM.experiments if one.name != "undeletable"]
"""Those that a folder is enough for: whether a store forbids something, a real one has to say."""
UNDER = [one for one in ITEM.controls if one.catches != "undeletable"]


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BackupsStand:
    """Good backups, of a database."""
    monkeypatch.setattr(configured, "FIRST", 0.05)
    monkeypatch.setattr(by_schedule, "FIRST", 0.05)
    return backed_up(tmp_path)


def test_it_is_on_the_checklist() -> None:
    assert "backups.scheduled" in [one.id for one in ITEMS]


@pytest.mark.parametrize("one", PAPER, ids=lambda one: one.name)
def test_each_experiment_holds_on_good_backups(stand: BackupsStand, one: Experiment) -> None:
    verdict = judged(stand, one)
    assert verdict.state is State.PROVEN, verdict.reason
    assert verdict.figures


@pytest.mark.parametrize("control", UNDER, ids=lambda one: one.name)
def test_each_control_turns_its_experiment_red(stand: BackupsStand, control: Control) -> None:
    class Alone(BackupsScheduled):
        controls = (control,)

    (tried,) = check_controls(stand, [Alone()], lambda _item, _what: None)
    assert tried.held, tried.reason


@pytest.mark.parametrize("one", ITEM.experiments, ids=lambda one: one.name)
def test_without_backups_each_experiment_says_that_they_are_missing(one: Experiment) -> None:
    assert judged(FakeEnvironment(), one).state is State.MISSING


def test_users_notice_nothing_but_where_old_backups_are_made_up() -> None:
    effects = {one.name: one.effect for one in ITEM.experiments}
    assert effects.pop("expiring") is Effect.DISRUPT
    assert set(effects.values()) == {Effect.OBSERVE, Effect.PROBE}


def test_what_a_rehearsal_shows_of_its_own_backups_does_not_count_for_others() -> None:
    assert {one.name for one in ITEM.experiments if not one.here_only} == {"expiring"}
