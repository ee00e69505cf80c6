from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand

from uz.checklist import ITEMS
from uz.checklist.item import Control, Experiment
from uz.checklist.secrets_managed import SecretsManaged
from uz.operations.prove import check_controls, judged
from uz.verdict import State

ITEM = SecretsManaged()


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecrecyStand]:
    home: Path = tmp_path_factory.mktemp("home")
    with a_stand(home) as one:
        yield one


def test_it_is_on_the_checklist() -> None:
    assert "secrets.managed" in [one.id for one in ITEMS]


@pytest.mark.parametrize("one", ITEM.experiments, ids=lambda one: one.name)
def test_each_experiment_holds_where_all_comes_from_the_manager(
    stand: SecrecyStand, one: Experiment
) -> None:
    verdict = judged(stand, one)
    assert verdict.state is State.PROVEN, verdict.reason
    assert verdict.figures


@pytest.mark.parametrize("control", ITEM.controls, ids=lambda one: one.name)
def test_each_control_turns_its_experiment_red(stand: SecrecyStand, control: Control) -> None:
    class Alone(SecretsManaged):
        controls = (control,)

    (tried,) = check_controls(stand, [Alone()], lambda _item, _what: None)
    assert tried.held, tried.reason


def test_every_experiment_has_a_control() -> None:
    assert {one.catches for one in ITEM.controls} == {one.name for one in ITEM.experiments}
