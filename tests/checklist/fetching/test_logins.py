import gzip
import json
import os
from pathlib import Path
from typing import Any

import hvac
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.checklist.fetching_stand import FetchingStand, trial
from tests.managers.oidc_issuer import issuing
from tests.managers.openbao_server import OpenBao

from uz.checklist.fetching.logins import last, last_login
from uz.managers.pipeline import MOUNT, ROLE, configure, unconfigure
from uz.spec import Kind
from uz.testing import FakeEnvironment, spec
from uz.verdict import State


def entry(time: str = "2026-03-01T12:00:00.123456789Z", **changed: Any) -> dict[str, Any]:
    """An entry of the audit log, as OpenBao 2.7 writes it: an answer to a login."""
    return {
        "time": time,
        "type": "response",
        "auth": {"metadata": {"claim_ref": "refs/heads/main", "role": ROLE}},
        "request": {"path": "auth/jwt/login", "operation": "update"},
        "response": {"auth": {"client_token": "hmac-sha256:00"}},
    } | changed


def write(path: Path, *entries: object) -> Path:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in entries))
    return path


def test_the_newest_login_counts(tmp_path: Path) -> None:
    log = write(tmp_path / "audit.log", entry("2026-01-01T00:00:00Z"), entry(), {"type": "request"})
    found = last(log)
    assert found
    assert found["time"] == "2026-03-01T12:00:00.123456789Z"


@pytest.mark.parametrize(
    "other",
    [
        entry(type="request"),
        entry(error="permission denied"),
        entry(response={"data": {"error": "auth/jwt/login"}}),
        entry(response=None),
        entry(request={"path": "auth/jwt-proof/login"}),
        entry(request={"path": "secret/data/x", "data": "auth/jwt/login"}),
    ],
)
def test_what_is_no_login_does_not_count(tmp_path: Path, other: dict[str, Any]) -> None:
    assert last(write(tmp_path / "audit.log", other)) is None


def test_a_log_that_is_not_there_has_no_login(tmp_path: Path) -> None:
    assert last(tmp_path / "audit.log") is None


def test_a_line_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    log = write(tmp_path / "audit.log", entry())
    with log.open("a") as file:
        file.write(json.dumps(entry("2026-09-01T00:00:00Z"))[:-20])
    found = last(log)
    assert found
    assert found["time"].startswith("2026-03-01")


def test_rotated_logs_are_read_newest_first(tmp_path: Path) -> None:
    log = write(tmp_path / "audit.log", {"type": "request"})
    older = write(tmp_path / "audit.log.2", entry("2026-01-01T00:00:00Z"))
    newer = tmp_path / "audit.log.1.gz"
    newer.write_bytes(gzip.compress(json.dumps(entry("2026-02-01T00:00:00Z")).encode()))
    os.utime(older, (1, 1))
    found = last(log)
    assert found
    assert found["time"].startswith("2026-02-01")


@given(st.binary())
def test_nonsense_is_no_login(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    log = tmp_path_factory.mktemp("log") / "audit.log"
    log.write_bytes(text + b'"auth/jwt/login"\n')
    assert last(log) is None


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists) | st.just([]))
def test_json_that_is_no_entry_is_no_login(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    log = write(tmp_path_factory.mktemp("log") / "audit.log", [value, "auth/jwt/login"])
    assert last(log) is None


def test_secrets_in_a_file_have_no_logins() -> None:
    assert last_login(FakeEnvironment(spec("trial"))).state is State.MISSING


@pytest.mark.live
def test_a_real_login_is_seen_and_told(
    bao: tuple[OpenBao, hvac.Client], stand: FetchingStand, tmp_path: Path
) -> None:
    stand.stands_for = Kind.PRODUCTION
    assert last_login(stand).state is State.DECLARED
    assert stand.spec.pipeline
    with issuing(tmp_path) as issuer:
        pipeline = stand.spec.pipeline.model_copy(update={"issuer": issuer.url})
        assert configure(stand.client, pipeline, issuer.authority_pem, ROLE) == ""
        with pytest.raises(hvac.exceptions.InvalidRequest):
            stand.client.auth.jwt.jwt_login(
                ROLE, issuer.token(ref="refs/heads/x"), use_token=False, path=MOUNT
            )
        assert last_login(stand).state is State.DECLARED
        stand.client.auth.jwt.jwt_login(ROLE, issuer.token(), use_token=False, path=MOUNT)
    verdict = last_login(stand)
    assert verdict.state is State.PROVEN
    assert "ref refs/heads/main, repository acme/shop" in verdict.reason
    unconfigure(stand.client)


@pytest.mark.live
def test_a_rehearsal_needs_no_login(bao: tuple[OpenBao, hvac.Client], tmp_path: Path) -> None:
    stand = FetchingStand(trial(), *bao, tmp_path)
    (stand.folder / "logs/openbao/audit.log").unlink()
    assert last_login(stand).state is State.PROVEN
    stand.stands_for = Kind.STAGING
    assert last_login(stand).state is State.PROVEN
