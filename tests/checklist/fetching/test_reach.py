from typing import Any

import pytest
from tests.checklist.fetching_stand import FetchingStand, trial

from uz.checklist.fetching.reach import elsewhere, opened
from uz.errors import SecretError
from uz.testing import FakeEnvironment, spec
from uz.verdict import State

MANAGERS: dict[str, dict[str, Any]] = {
    "vault": {"address": "https://vault.example:8200", "role": "uz"},
    "awssecrets": {"region": "eu-central-1"},
    "azurekeyvault": {"address": "https://shop.vault.azure.net"},
}


@pytest.mark.live
def test_uzs_own_openbao_is_reached(stand: FetchingStand) -> None:
    client, prefix = opened(stand)
    assert client is stand.client
    assert prefix == "secret/uz"
    assert elsewhere(stand) is None


def test_secrets_in_a_file_are_no_openbao() -> None:
    with pytest.raises(SecretError, match="do not lie in an OpenBao"):
        opened(FakeEnvironment())


def test_no_pipeline_logs_in_to_a_file() -> None:
    verdict = elsewhere(FakeEnvironment(spec("trial")))
    assert verdict
    assert verdict.state is State.MISSING


@pytest.mark.parametrize("manager", MANAGERS)
def test_of_a_manager_that_uz_does_not_run_nothing_is_proven(manager: str) -> None:
    table = {"manager": manager, **MANAGERS[manager]}
    verdict = elsewhere(FakeEnvironment(trial(secrets=table)))
    assert verdict
    assert verdict.state is State.DECLARED
    verdict = elsewhere(FakeEnvironment(trial(secrets=table, pipeline=None)))
    assert verdict
    assert verdict.state is State.MISSING
