from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand, trial

from uz.checklist.secrecy import sabotage
from uz.errors import UzError
from uz.waiting import met


@pytest.mark.parametrize(
    "one",
    [sabotage.stale_file, sabotage.raw_audit, sabotage.put_back],
    ids=lambda one: one.__name__,
)
def test_nothing_is_broken_outside_a_rehearsal(tmp_path: Path, one: sabotage.Sabotage) -> None:
    with a_stand(tmp_path, trial("production")) as stand:
        before = stand.sensitive()
        with pytest.raises(UzError, match="no rehearsal"), one(stand):
            pytest.fail("broken")
        assert stand.sensitive() == before


def test_a_literal_is_in_the_process_and_then_no_more(stand: SecrecyStand) -> None:
    def variables() -> bytes:
        assert stand.process
        return Path(f"/proc/{stand.process.pid}/environ").read_bytes()

    with sabotage.literal(stand):
        assert b"STRIPE_API_KEY=sk_live_" in variables()
    assert b"STRIPE_API_KEY" not in variables()


def test_a_value_that_nobody_delivers_is_put_back(stand: SecrecyStand) -> None:
    before = stand.sensitive()
    with sabotage.stale_file(stand):
        assert stand.sensitive() != before
    assert stand.sensitive() == before


def test_shared_secrets_are_left_alone(tmp_path: Path) -> None:
    table = {"manager": "openbao", "prefix": "secret/shop"}
    with (
        a_stand(tmp_path, trial(secrets=table)) as stand,
        pytest.raises(UzError, match="the same in a rehearsal"),
        sabotage.stale_file(stand),
    ):
        pytest.fail("changed")


def test_where_no_service_reads_a_secret_there_is_none_to_change(stand: SecrecyStand) -> None:
    for name in stand.source.names():
        stand.source.remove(name)
    with pytest.raises(UzError, match="no service reads"), sabotage.stale_file(stand):
        pytest.fail("changed")


def test_the_raw_log_is_in_memory_and_gone_afterwards(stand: SecrecyStand) -> None:
    raw = stand.own / "credentials/openbao/audit-raw.log"
    with sabotage.raw_audit(stand):
        stand.secret("redis/app")
        assert raw.exists()
        assert raw.resolve().is_relative_to("/dev/shm")
        assert [*(stand.own / "logs").rglob("*raw*")] == []
    assert not raw.exists()
    assert "raw" not in (stand.own / "config/openbao/openbao.hcl").read_text()


def test_the_old_file_comes_back_until_it_is_over(stand: SecrecyStand) -> None:
    path = stand.delivered("app-1", "redis-url")
    old = path.read_bytes()
    with sabotage.put_back(stand):
        path.write_bytes(b"something new")
        assert met(lambda: path.read_bytes() == old, 60)
    assert path.read_bytes() == stand.wanted("app-1", "redis-url").reveal() != old
