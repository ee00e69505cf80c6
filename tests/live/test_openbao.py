"""`uz up` with an OpenBao of the environment's own: initialised once, unsealed by itself, and what
a person meets when it is not there, or does not answer."""

import json
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.live.openbao_stage import an_openbao_stage, kept, with_openbao
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage, holds_within

pytestmark = pytest.mark.live

AWKWARD = "-----BEGIN KEY-----\r\n$HOME #=\"q\" 'é' \\ `x`\n\n\n"


@pytest.fixture
def bao() -> Iterator[Stage]:
    """A stage with OpenBao; nothing runs in it yet."""
    with an_openbao_stage() as stage:
        stage.set("app.instances", 1)
        stage.commit()
        yield stage


def bootstrap(stage: Stage) -> Path:
    """The one credential."""
    return stage.home / "tiny" / "production.bootstrap"


def main_process(stage: Stage, service: str) -> psutil.Process:
    """The process of a service."""
    return psutil.Process(stage.services()[service]["pid"])


def damage(stage: Stage) -> bytes:
    """Make the data of a stopped OpenBao unreadable for it; return what was there."""
    data = stage.root() / "data" / "openbao" / "vault.db"
    before = data.read_bytes()
    data.write_bytes(b"\x00" * 65536)
    return before


def restore(stage: Stage, before: bytes) -> None:
    """Put the data back."""
    (stage.root() / "data" / "openbao" / "vault.db").write_bytes(before)


def test_nothing_is_readable_on_the_disk_but_the_bootstrap_credential_and_the_kit(
    bao: Stage,
) -> None:
    said = bao.up().stdout
    assert "the recovery kit lies readable" in said
    assert not (bao.root() / "secrets.json").exists()
    found = bootstrap(bao).stat()
    assert stat.S_IMODE(found.st_mode) == 0o400
    kit = json.loads((bao.home / "tiny" / "production.recovery-kit.json").read_text())
    assert kit["bootstrap"] == bootstrap(bao).read_text().strip()
    assert len(kit["recovery_shares"]) == 3
    assert bao.uz("secrets", "kit", "--remove", "--yes").code == 0
    assert "recovery kit" not in bao.up().stdout
    refused(bao.uz("secrets", "kit"), "not there")


@pytest.mark.slow
def test_a_second_run_changes_nothing_and_a_stopped_one_unseals_itself(bao: Stage) -> None:
    bao.up()
    openbao = main_process(bao, "openbao").pid
    assert "nothing changed" in bao.up().stdout
    assert main_process(bao, "openbao").pid == openbao
    key = bao.client().get("/secret").body
    assert bao.uz("down").code == 0
    bao.up()
    assert bao.client().answers()
    assert bao.client().get("/secret").body == key


def test_what_lay_in_the_file_moves_into_the_manager_and_the_file_goes(stage: Stage) -> None:
    stage.set("app.instances", 1)
    stage.commit()
    stage.up()
    file = stage.root() / "secrets.json"
    before = stage.client().get("/secret").body
    assert file.exists()
    with_openbao(stage)
    assert "moved from" in stage.up().stdout
    assert not file.exists()
    assert stage.client().get("/secret").body == before


def test_what_is_missing_is_listed_before_anything_starts(bao: Stage) -> None:
    bao.set("app.env.STRIPE_KEY", "ref+vault://secret/stripe#/value")
    bao.set("app.secrets", {"pem": "ref+vault://secret/pem#/value"})
    message = refused(bao.uz("up"), "nothing at secret/stripe", "nothing at secret/pem")
    assert mentions_next(message)
    states = {name: one["running"] for name, one in bao.services().items()}
    assert states.pop("openbao")
    assert not any(states.values())
    kept(bao, "stripe", "sk-12345678")
    kept(bao, "pem", AWKWARD)
    bao.up()
    process = main_process(bao, "app-1")
    assert process.environ()["STRIPE_KEY"] == "sk-12345678"
    assert (bao.root() / "credentials" / "app" / "pem").read_bytes() == AWKWARD.encode()


def test_a_value_of_many_lines_is_the_same_in_the_environment(bao: Stage) -> None:
    bao.set("app.env.PEM", "ref+vault://secret/pem#/value")
    kept(bao, "pem", AWKWARD)
    bao.up()
    found = Path(f"/proc/{main_process(bao, 'app-1').pid}/environ").read_bytes()
    assert b"\0PEM=" + AWKWARD.encode() + b"\0" in b"\0" + found


@pytest.mark.slow
def test_the_sealed_copy_serves_while_openbao_does_not_and_that_is_said(bao: Stage) -> None:
    bao.up()
    assert bao.uz("down").code == 0
    before = damage(bao)
    said = bao.uz("up")
    assert said.code == 1, said
    assert "from the sealed copy" in said.stderr
    assert bao.client().answers()
    assert not bao.services()["openbao"]["healthy"]
    restore(bao, before)
    assert "sealed copy" not in bao.up().stdout


@pytest.mark.slow
def test_a_sealed_copy_that_is_too_old_or_unwanted_is_not_used(bao: Stage) -> None:
    bao.set("secrets.stale_for", "1s")
    bao.up()
    assert bao.uz("down").code == 0
    before = damage(bao)
    time.sleep(1.1)  # the copy grows old
    refused(bao.uz("up"), "openbao ends right after its start", code=1)
    restore(bao, before)
    bao.set("secrets.stale_for", "0s")
    bao.up()
    assert not (bao.root() / "secrets.age").exists()


def test_a_lost_credential_comes_back_from_the_recovery_kit(bao: Stage) -> None:
    bao.up()
    kit = (bao.home / "tiny" / "production.recovery-kit.json").read_text()
    assert bao.uz("down").code == 0
    right = bootstrap(bao).read_text()
    bootstrap(bao).unlink()
    assert mentions_next(refused(bao.uz("up"), "bootstrap credential is not there"))
    refused(bao.uz("secrets", "recover", "-", stdin="no kit"), "no recovery kit")
    wrong = kit.replace('"tiny"', '"other"')
    refused(bao.uz("secrets", "recover", "-", stdin=wrong), "of other/production")
    assert bao.uz("secrets", "recover", "-", stdin=kit).code == 0
    assert bootstrap(bao).read_text() == right
    bao.up()
    assert bao.client().answers()


@pytest.mark.slow
def test_a_wrong_credential_opens_neither_openbao_nor_the_sealed_copy(bao: Stage) -> None:
    bao.up()
    assert bao.uz("down").code == 0
    right = bootstrap(bao).read_bytes()
    bootstrap(bao).chmod(0o600)
    bootstrap(bao).write_text("x" * 43)
    bootstrap(bao).chmod(0o400)
    said = refused(bao.uz("up"), "not the one that this OpenBao was initialised with")
    assert "sealed copy" not in said
    bootstrap(bao).chmod(0o644)
    refused(bao.uz("up"), "others may read the bootstrap credential")
    bootstrap(bao).write_bytes(right)
    bootstrap(bao).chmod(0o400)
    bao.up()


@pytest.mark.slow
def test_one_that_hangs_is_started_anew(bao: Stage) -> None:
    bao.up()
    main_process(bao, "openbao").send_signal(signal.SIGSTOP)
    bao.up()
    assert bao.services()["openbao"]["healthy"]


@pytest.mark.slow
def test_a_value_that_changed_in_the_manager_reaches_its_reader_with_the_next_up(
    bao: Stage,
) -> None:
    bao.set("app.env.STRIPE_KEY", "ref+vault://secret/stripe#/value")
    kept(bao, "stripe", "first-value")
    bao.up()
    kept(bao, "stripe", "second-value")
    bao.up()
    assert main_process(bao, "app-1").environ()["STRIPE_KEY"] == "second-value"


def test_the_manager_starts_alone_for_commands_that_need_it(bao: Stage) -> None:
    kept(bao, "stripe", "sk-12345678")
    assert "stripe" in bao.uz("secrets", "list").stdout
    running = {name for name, one in bao.services().items() if one["running"]}
    assert running == {"openbao"}
    bao.up()
    assert bao.client().answers()


@pytest.mark.slow
@pytest.mark.parametrize("tenths", range(6, 26, 2))
def test_a_killed_first_run_is_made_good_by_the_next(bao: Stage, tenths: int) -> None:
    begun = bao.begin("up")
    time.sleep(tenths / 10)
    begun.kill()
    begun.wait()
    bao.up()
    assert not (bao.root() / "openbao.initialising").exists()
    assert (bao.home / "tiny" / "production.recovery-kit.json").exists()
    assert holds_within(60, bao.client().answers)
