from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand

from uz.checklist import ITEMS
from uz.checklist.item import Control, Experiment
from uz.checklist.secrecy.canary import MARK
from uz.checklist.secrets_no_plaintext import SecretsNoPlaintext
from uz.evidence import Effect
from uz.operations.prove import check_controls, judged
from uz.verdict import State

pytestmark = pytest.mark.live
ITEM = SecretsNoPlaintext()


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecrecyStand]:
    home: Path = tmp_path_factory.mktemp("home")
    with a_stand(home) as one:
        yield one


def test_it_is_on_the_checklist() -> None:
    assert "secrets.no-plaintext" in [one.id for one in ITEMS]


@pytest.mark.parametrize("one", ITEM.experiments, ids=lambda one: one.name)
def test_each_experiment_holds_where_no_secret_lies_about(
    stand: SecrecyStand, one: Experiment
) -> None:
    verdict = judged(stand, one)
    assert verdict.state is State.PROVEN, verdict.reason
    assert verdict.figures


@pytest.mark.parametrize("control", ITEM.controls, ids=lambda one: one.name)
def test_each_control_is_found_in_its_place_and_leaves_nothing(
    stand: SecrecyStand, control: Control
) -> None:
    class Alone(SecretsNoPlaintext):
        controls = (control,)

    objects = stand.git("cat-file", "--batch-all-objects", "--batch-check")
    (tried,) = check_controls(stand, [Alone()], lambda _item, _what: None)
    assert tried.held, tried.reason
    assert [*stand.own.parent.rglob(f"*{MARK}*"), *stand.project.rglob(f"*{MARK}*")] == []
    assert stand.git("cat-file", "--batch-all-objects", "--batch-check") == objects
    assert "canary" not in stand.source.names()


def test_every_experiment_has_a_control() -> None:
    assert {one.catches for one in ITEM.controls} == {one.name for one in ITEM.experiments}


def test_it_only_reads() -> None:
    assert {one.effect for one in ITEM.experiments} == {Effect.OBSERVE}
