import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand, trial

from uz.checklist.secrecy import unreadable as module
from uz.checklist.secrecy.unreadable import closed, without_older
from uz.scanning.finding import Gap

GAP = Gap("processes", "1 may not be read")


def minor(stand: SecrecyStand, pid: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether this process is left out as one that cannot have a value."""
    monkeypatch.setattr(module, "closed", lambda: (pid,))
    (gap,) = without_older(stand, [GAP])
    assert isinstance(gap, Gap)
    return gap.minor


def test_a_process_that_is_older_than_every_value_cannot_have_one(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert minor(stand, 1, monkeypatch)


def test_a_younger_process_may(stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stand.process
    old = (datetime.now(UTC) - timedelta(days=1)).timestamp()
    os.utime(stand.bootstrap, (old, old))
    assert not minor(stand, stand.process.pid, monkeypatch)


def test_the_first_value_counts_where_the_credential_was_put_back(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stand.process
    later = (datetime.now(UTC) + timedelta(days=1)).timestamp()
    os.utime(stand.bootstrap, (later, later))
    assert psutil.Process(stand.process.pid).create_time() < later
    assert not minor(stand, stand.process.pid, monkeypatch)


def test_how_old_the_user_s_own_secrets_are_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = trial(app={"env": {"STRIPE_KEY": "ref+vault://secret/stripe#/key"}})
    monkeypatch.setattr(SecrecyStand, "deliver", lambda _self: None)
    monkeypatch.setattr(SecrecyStand, "begin", lambda _self: None)
    with a_stand(tmp_path, of) as stand:
        assert not minor(stand, 1, monkeypatch)


def test_without_the_credential_or_a_manager_of_uz_nothing_is_left_out(
    stand: SecrecyStand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.bootstrap.unlink()
    assert not minor(stand, 1, monkeypatch)
    table = {"manager": "vault", "address": "https://vault.example:8200", "role": "shop"}
    with a_stand(tmp_path / "other", trial(secrets=table)) as other:
        assert not minor(other, 1, monkeypatch)


def test_a_process_that_ended_meanwhile_is_not_judged(
    stand: SecrecyStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not minor(stand, 4_100_000, monkeypatch)


def test_other_gaps_and_things_pass_through(stand: SecrecyStand) -> None:
    gap = Gap("a", "as always", minor=True)
    assert list(without_older(stand, [gap])) == [gap]


def test_processes_whose_variables_are_closed_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("1", "22", "self"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "environ").write_text("A=1")
    (tmp_path / "333").mkdir()  # it ended
    read = Path.read_bytes

    def shut(path: Path) -> bytes:
        if path.parent.name == "1":
            raise PermissionError
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", shut)
    assert closed(tmp_path) == (1,)
