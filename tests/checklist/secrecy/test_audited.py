import gzip
from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand, trial

from uz.checklist.secrecy import audited as module
from uz.checklist.secrecy.audited import audited
from uz.components.openbao import AUDIT_LOG
from uz.testing import FakeEnvironment
from uz.verdict import State


def log(stand: SecrecyStand) -> Path:
    return stand.own / AUDIT_LOG


def test_the_probe_and_the_readers_are_named(stand: SecrecyStand) -> None:
    found = audited(stand)
    assert found.state is State.PROVEN, found.reason
    assert found.reason.startswith("the audit log has the read of app/session-key by uz-operator")
    assert found.figures["audited_readers"] == "app, edge, redis, redis-replica-1"


def test_a_read_that_is_not_written_down_is_refuted(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WRITTEN", 0.1)
    stand.source.read("app/session-key")  # of before: it does not count
    stand.manager.silent = True
    found = audited(stand)
    assert found.state is State.REFUTED
    assert "the read of app/session-key is not in the audit log" in found.reason


def test_a_value_in_the_log_is_refuted_without_showing_it(stand: SecrecyStand) -> None:
    value = stand.secret("redis/admin").reveal()
    with log(stand).open("ab") as file:
        file.write(b'{"value":"' + value + b'"}\n')
    found = audited(stand)
    assert found.state is State.REFUTED
    assert found.reason.startswith("redis/admin in logs/openbao/audit.log:")
    assert value.decode() not in str(found)


def test_a_value_in_a_log_that_was_rotated_and_packed_is_refuted(stand: SecrecyStand) -> None:
    value = stand.secret("redis/admin").reveal()
    (log(stand).parent / "audit.log.1.gz").write_bytes(gzip.compress(value))
    assert "audit.log.1.gz (unpacked)" in audited(stand).reason


def test_a_log_that_openbao_keeps_elsewhere_is_looked_at(stand: SecrecyStand) -> None:
    settings = stand.own / "config/openbao/openbao.hcl"
    settings.write_text(settings.read_text() + '\n    file_path = "run/other.log"\n')
    assert audited(stand).state is State.PROVEN
    (stand.own / "run").mkdir()
    (stand.own / "run/other.log").write_bytes(stand.secret("redis/admin").reveal())
    assert audited(stand).reason == "redis/admin in run/other.log:1"


def test_readers_are_found_in_rotated_logs_too(stand: SecrecyStand) -> None:
    with gzip.open(log(stand).with_name("audit.log.1.gz"), "wb") as packed:
        packed.write(log(stand).read_bytes())
    log(stand).write_bytes(b"")
    assert "those of 4 readers" in audited(stand).reason


@pytest.mark.parametrize(("whole", "state"), [(True, State.REFUTED), (False, State.PROVEN)])
def test_a_reader_that_never_read_counts_where_the_log_is_whole(
    stand: SecrecyStand, whole: bool, state: State
) -> None:
    lines = [line for line in log(stand).read_text().splitlines() if "uz-reader-app" not in line]
    begun = ['{"request":{"path":"sys/mounts/secret"}}'] if whole else []
    log(stand).write_text("\n".join([*begun, *lines]) + "\n")
    found = audited(stand)
    assert found.state is state
    assert ("has no read by app" in found.reason) is whole


def test_without_a_log_nothing_is_known(stand: SecrecyStand) -> None:
    log(stand).rename(log(stand).with_name("elsewhere"))
    (stand.own / "logs/openbao/elsewhere").rename(stand.own / "elsewhere")
    stand.manager.silent = True
    assert audited(stand).state is State.UNKNOWN


def test_a_file_keeps_no_record() -> None:
    found = audited(FakeEnvironment())
    assert (found.state, found.reason) == (
        State.REFUTED, "a file keeps no record of who reads it",
    )  # fmt: skip


def test_the_record_of_another_manager_is_not_judged(tmp_path: Path) -> None:
    table = {"manager": "vault", "address": "https://vault.example:8200", "role": "shop"}
    with a_stand(tmp_path, trial(secrets=table)) as stand:
        assert audited(stand).state is State.INAPPLICABLE
