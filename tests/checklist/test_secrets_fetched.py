from collections.abc import Iterator
from pathlib import Path

import hvac
import pytest
from tests.checklist.fetching_stand import FetchingStand, answered_by, served, trial
from tests.managers.oidc_issuer import issuing
from tests.managers.openbao_server import OpenBao

from uz.checklist.item import Control, Experiment, inapplicable_since
from uz.checklist.secrets_fetched import SecretsFetched
from uz.managers.pipeline import unconfigure
from uz.operations.prove import check_controls, judged
from uz.spec import Kind
from uz.verdict import State

pytestmark = pytest.mark.live
ITEM = SecretsFetched()
EXPERIMENTS = {one.name: one for one in ITEM.experiments}


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenBao, hvac.Client]]:
    with served(tmp_path_factory.mktemp("fetched")) as both:
        yield both


@pytest.fixture
def stand(bao: tuple[OpenBao, hvac.Client], tmp_path: Path) -> FetchingStand:
    made = FetchingStand(trial(), *bao, tmp_path)
    made.configure()
    return made


@pytest.mark.parametrize("one", ITEM.experiments, ids=lambda one: one.name)
def test_each_experiment_holds_where_only_the_pipeline_gets_in(
    stand: FetchingStand, one: Experiment
) -> None:
    verdict = judged(stand, one)
    assert verdict.state is State.PROVEN, verdict.reason


@pytest.mark.parametrize("control", ITEM.controls, ids=lambda one: one.name)
def test_each_control_turns_its_experiment_red(stand: FetchingStand, control: Control) -> None:
    class Alone(SecretsFetched):
        controls = (control,)

    (tried,) = check_controls(stand, [Alone()], lambda _item, _what: None)
    assert tried.held, tried.reason


@pytest.mark.parametrize("control", ITEM.controls, ids=lambda one: one.name)
def test_each_control_works_without_a_pipeline_too(
    bao: tuple[OpenBao, hvac.Client], tmp_path: Path, control: Control
) -> None:
    class Alone(SecretsFetched):
        controls = (control,)

    unconfigure(bao[1])
    stand = FetchingStand(trial(pipeline=None), *bao, tmp_path)
    (tried,) = check_controls(stand, [Alone()], lambda _item, _what: None)
    assert tried.held, tried.reason


def test_without_a_pipeline_the_item_is_missing_and_applies(
    bao: tuple[OpenBao, hvac.Client], tmp_path: Path
) -> None:
    unconfigure(bao[1])
    stand = FetchingStand(trial(pipeline=None), *bao, tmp_path)
    assert inapplicable_since(ITEM, stand.spec) == ""
    states = {name: judged(stand, one).state for name, one in EXPERIMENTS.items()}
    assert states == {
        "identity": State.MISSING,
        "no-long-lived": State.PROVEN,
    }


def test_production_is_only_declared_until_a_pipeline_has_logged_in(
    stand: FetchingStand, tmp_path: Path
) -> None:
    stand.stands_for = Kind.PRODUCTION
    with issuing(tmp_path) as issuer:
        answered_by(stand, issuer)
        assert judged(stand, EXPERIMENTS["identity"]).state is State.DECLARED


def test_production_is_undecided_where_its_issuer_does_not_answer(stand: FetchingStand) -> None:
    stand.stands_for = Kind.PRODUCTION
    assert judged(stand, EXPERIMENTS["identity"]).state is State.UNKNOWN


def test_an_openbao_that_is_away_decides_nothing(stand: FetchingStand) -> None:
    stand.client = hvac.Client(url="https://127.0.0.1:1", token="none")
    assert judged(stand, EXPERIMENTS["identity"]).state is State.UNKNOWN
    assert judged(stand, EXPERIMENTS["no-long-lived"]).state is State.UNKNOWN


def test_no_reason_names_a_token(stand: FetchingStand) -> None:
    token = stand.client.token
    assert token
    for one in EXPERIMENTS.values():
        assert token not in repr(judged(stand, one))
