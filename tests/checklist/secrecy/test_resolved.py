import os
from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand, trial

from uz.checklist.item import Experiment
from uz.checklist.secrecy import resolved as module
from uz.checklist.secrecy.resolved import environment_readers, resolved
from uz.errors import UnreachableError
from uz.evidence import Effect
from uz.operations.prove import judged
from uz.secret import Secret
from uz.verdict import State

LOOKS = Experiment("resolved", Effect.OBSERVE, "", resolved)


def test_figures_tell_the_manager_and_who_reads_variables(stand: SecrecyStand) -> None:
    found = resolved(stand)
    assert found.figures["manager"] == "a manager in memory"
    assert found.figures["environment_readers"] == "REDIS_URL in the environment of app-1"
    assert "REDIS_URL in the environment of app-1" in found.reason


def test_a_file_that_was_not_delivered_is_refuted(stand: SecrecyStand) -> None:
    stand.delivered("app-1", "redis-url").unlink()
    found = resolved(stand)
    assert (found.state, found.reason) == (
        State.REFUTED, "credentials/app/redis-url was not delivered",
    )  # fmt: skip


def test_a_file_with_another_value_is_refuted_without_showing_any(stand: SecrecyStand) -> None:
    stand.delivered("app-1", "session-key").write_text("something-else")
    found = resolved(stand)
    assert found.state is State.REFUTED
    assert "credentials/app/session-key is not what the manager gives now" in found.reason
    assert "something-else" not in str(found)
    assert not any(one.reveal().decode() in str(found) for one in stand.sensitive().values())


def test_a_process_that_runs_on_with_an_old_value_is_refuted(stand: SecrecyStand) -> None:
    stand.source.write("redis/app", Secret(b"a-newer-value-of-it"))
    stand.deliver()
    assert "app-1 runs with another REDIS_URL" in resolved(stand).reason
    stand.begin()
    assert resolved(stand).state is State.PROVEN


def test_a_process_that_lacks_its_variable_is_refuted(stand: SecrecyStand) -> None:
    stand.begin(REDIS_URL="")
    assert "app-1 runs without REDIS_URL" in resolved(stand).reason


@pytest.mark.parametrize(("ahead", "state"), [(-60, State.PROVEN), (60, State.REFUTED)])
def test_where_variables_are_hidden_the_start_tells(
    stand: SecrecyStand, ahead: int, state: State
) -> None:
    stand.begin(PATH="")
    path = stand.delivered("app-1", "redis-url")
    now = path.stat().st_mtime
    os.utime(path, (now + ahead, now + ahead))
    assert resolved(stand).state is state


def test_a_variable_that_looks_like_a_secret_is_refuted(stand: SecrecyStand) -> None:
    stand.begin(PAYMENT_API_KEY="aaaabbbbcccc")
    found = resolved(stand)
    assert found.state is State.REFUTED
    assert "PAYMENT_API_KEY in the environment of app-1 looks like a secret" in found.reason
    assert "aaaabbbbcccc" not in str(found)


def test_a_variable_that_uz_toml_calls_plain_is_none(tmp_path: Path) -> None:
    of = trial(app={"plain_env": ["PAYMENT_API_KEY"]})
    with a_stand(tmp_path, of) as stand:
        stand.begin(PAYMENT_API_KEY="aaaabbbbcccc")
        assert resolved(stand).state is State.PROVEN


def test_the_interim_file_has_to_be_gone(stand: SecrecyStand) -> None:
    (stand.own / "secrets.json").write_text("{}")
    assert "secrets.json still holds secrets" in resolved(stand).reason


def test_a_file_as_the_manager_is_refuted(tmp_path: Path) -> None:
    with a_stand(tmp_path, trial(secrets={"manager": "file"})) as stand:
        found = resolved(stand)
        assert (found.state, found.reason) == (State.REFUTED, module.OPEN)


def test_a_manager_that_does_not_answer_is_unknown_in_its_words(stand: SecrecyStand) -> None:
    stand.manager.failing = UnreachableError("OpenBao: no answer", hint="Start it.")
    found = judged(stand, LOOKS)
    assert (found.state, found.reason) == (State.UNKNOWN, "OpenBao: no answer (Start it.)")


def test_processes_that_may_not_be_read_are_unknown(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shut(_env: object) -> object:
        raise PermissionError

    monkeypatch.setattr(module, "running", shut)
    assert resolved(stand).state is State.UNKNOWN


def test_with_another_manager_its_record_is_said_to_be_its_own(tmp_path: Path) -> None:
    table = {"manager": "vault", "address": "https://vault.example:8200", "role": "shop"}
    with a_stand(tmp_path, trial(secrets=table)) as stand:
        found = resolved(stand)
        assert found.state is State.PROVEN, found.reason
        assert found.reason.endswith("; who reads there, it knows itself")


def test_nobody_reads_variables_where_uz_toml_names_none(tmp_path: Path) -> None:
    with a_stand(tmp_path, trial(app={"environment_secrets": []})) as stand:
        assert environment_readers(stand) == ""
        assert resolved(stand).figures["environment_readers"] == "none"
