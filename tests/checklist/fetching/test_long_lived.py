import hvac
import psutil
import pytest
from tests.checklist.fetching_stand import FetchingStand, trial

from uz.checklist.fetching import long_lived
from uz.checklist.fetching.long_lived import no_long_lived
from uz.testing import FakeEnvironment
from uz.verdict import State


@pytest.mark.live
def test_nothing_lasts_but_the_bootstrap_credential(stand: FetchingStand) -> None:
    verdict = no_long_lived(stand)
    assert verdict.state is State.PROVEN, verdict.reason
    assert "trial.bootstrap" in verdict.reason


@pytest.mark.live
def test_an_open_credential_is_refuted_before_it_is_used(stand: FetchingStand) -> None:
    stand.bootstrap.chmod(0o644)
    stand.client = hvac.Client(url="https://127.0.0.1:1", token="none")
    verdict = no_long_lived(stand)
    assert verdict.state is State.REFUTED
    assert "0644" in verdict.reason


@pytest.mark.live
def test_a_process_with_a_token_is_refuted(stand: FetchingStand) -> None:
    with stand.a_process(VAULT_TOKEN="s.0"):
        verdict = no_long_lived(stand)
    assert verdict.state is State.REFUTED
    assert "VAULT_TOKEN" in verdict.reason


@pytest.mark.live
def test_a_pipeline_that_stores_a_token_is_refuted(stand: FetchingStand) -> None:
    (stand.project / ".gitlab-ci.yml").write_text("deploy:\n  script: bao login $BAO_TOKEN\n")
    verdict = no_long_lived(stand)
    assert verdict.state is State.REFUTED
    assert ".gitlab-ci.yml:2" in verdict.reason


@pytest.mark.live
def test_a_token_left_in_openbao_is_refuted(stand: FetchingStand) -> None:
    made = stand.client.auth.token.create_orphan(policies=["default"], period="1h")
    verdict = no_long_lived(stand)
    stand.client.auth.token.revoke_accessor(made["auth"]["accessor"])
    assert verdict.state is State.REFUTED
    assert verdict.figures == {"long_lived": 1}


@pytest.mark.live
def test_many_findings_are_counted(stand: FetchingStand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_lived, "lasting_files", lambda _env: map(str, range(8)))
    verdict = no_long_lived(stand)
    assert verdict.reason == "0; 1; 2; 3; 4; and 3 more"
    assert verdict.figures == {"long_lived": 8}


def test_secrets_in_a_file_are_refuted() -> None:
    assert no_long_lived(FakeEnvironment()).state is State.REFUTED


@pytest.mark.live
def test_what_your_own_manager_gave_out_uz_does_not_claim_to_know(stand: FetchingStand) -> None:
    stand.spec = trial(secrets={"manager": "awssecrets"})
    assert no_long_lived(stand).state is State.DECLARED


@pytest.mark.live
def test_processes_that_cannot_be_read_decide_nothing(
    stand: FetchingStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_env: object) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(long_lived, "lasting_variables", closed)
    assert no_long_lived(stand).state is State.UNKNOWN
