"""`uz recover`: a machine is lost, and code, bucket and recovery kit bring the app back."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from tests.live.lost_machine import (
    PREFIX,
    Lost,
    a_lost_machine,
    covered,
    lose,
    redis,
    repositories,
)
from tests.live.openbao_stage import source
from tests.live.postgres import own
from tests.live.refusals import mentions_next, refused
from tests.live.stage import holds_within
from tests.soaking import soaked

from uz.backups.store import Store
from uz.targets.local.layout import HOME_VARIABLE

pytestmark = [pytest.mark.live, pytest.mark.slow]
STEPS = ("files", "fetch", "restore", "recover", "openbao", "database-1", "app-1")
"""What has begun when it is killed, as it says itself."""
BACK = 90.0
"""Seconds in which the new backups are off-site."""


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lost]:
    with (
        pytest.MonkeyPatch.context() as patch,
        a_lost_machine(tmp_path_factory.mktemp("site")) as made,
    ):
        patch.setenv(HOME_VARIABLE, str(made.stage.home))
        yield made


def test_the_plan_says_what_would_come_back_and_does_nothing(lost: Lost) -> None:
    done = lost.recover("--plan")
    assert done.code == 0, done
    assert "backup 2" in done.stdout
    assert "MiB to fetch" in done.stdout
    assert lost.untouched()


def test_nothing_is_done_without_a_yes(lost: Lost) -> None:
    done = lost.recover(words=("recover", "--kit", str(lost.kit)))
    assert done.code == 2, done
    assert "nothing was changed" in done.stdout
    assert lost.untouched()


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("staging", {"environment": "staging"}, "kit of tiny/staging, not of tiny/production"),
        ("other", {"app": "shop"}, "kit of shop/production, not of tiny/production"),
        ("cut", {"bootstrap": "abc"}, "is damaged: its bootstrap credential is cut off"),
        ("old", {"backup_passphrase": ""}, "has no passphrase of backups"),
        ("passphrase", {"backup_passphrase": "another-one"}, "passphrase"),
        ("bootstrap", {"bootstrap": "s.another-credential-of-this-length"}, "bootstrap credential"),
    ],
)
def test_a_wrong_kit_opens_nothing(
    lost: Lost, name: str, changes: dict[str, object], said: str
) -> None:
    done = lost.recover(kit=lost.another_kit(name, **changes))
    refused(done, said)
    assert lost.untouched()


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no recovery kit"), ('{"app": "tiny", "env', "no recovery kit"), ("[]", "no recovery")],
)
def test_a_damaged_kit_is_told(lost: Lost, text: str, said: str) -> None:
    path = lost.kit.with_name("damaged")
    path.write_text(text)
    refused(lost.recover(kit=path), said)
    path.write_bytes(b"\xff\xfe\x00age-encryption.org")
    refused(lost.recover(kit=path), "decrypt it first")
    refused(lost.recover(kit=path.with_name("nowhere")), "No such file")
    assert lost.untouched()


def test_without_a_kit_it_is_asked_for(lost: Lost) -> None:
    done = lost.recover(words=("recover", "--yes"))
    message = refused(done, "the recovery kit is missing")
    assert mentions_next(message)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"UZ_STORE_SECRET_KEY": "wrong-key-of-the-reader"}, "is not accepted"),
        ({"UZ_STORE_ACCESS_KEY": "nobody-at-all"}, "is not accepted"),
        ({"UZ_STORE_ACCESS_KEY": ""}, "UZ_STORE_ACCESS_KEY"),
    ],
)
def test_wrong_keys_are_told(lost: Lost, keys: dict[str, str], said: str) -> None:
    message = refused(lost.recover(keys=keys), said, "UZ_STORE_ACCESS_KEY and UZ_STORE_SECRET_KEY")
    assert mentions_next(message)
    assert not any(value in message for value in keys.values() if value)
    assert lost.untouched()


def test_an_empty_place_in_the_bucket_is_told(lost: Lost) -> None:
    lost.stage.set("backups.offsite", "s3://vault/nothing/here")
    try:
        message = refused(lost.recover(), "there is no complete backup off-site")
    finally:
        lost.stage.set("backups.offsite", "s3://vault")
    assert mentions_next(message)
    assert lost.untouched()


def test_a_store_on_the_lost_machine_is_told(lost: Lost) -> None:
    was = dict(lost.stage.spec["backups"])
    for name in ("endpoint", "authority", "access_key", "secret_key"):
        lost.stage.set(f"backups.{name}", None)
    lost.stage.set("backups.offsite", "embedded")
    try:
        refused(lost.recover(), "is lost with it")
    finally:
        for name, value in was.items():
            lost.stage.set(f"backups.{name}", value)


def test_a_store_that_is_away_is_told(lost: Lost) -> None:
    lost.site.stop()
    try:
        done = lost.recover()
    finally:
        lost.site.start()
    assert mentions_next(refused(done, lost.site.endpoint))
    assert lost.untouched()


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("2020-01-01", "before the first backup"),
        ("2099-01-01", "in the future"),
        ("yesterday", "neither a time nor a backup"),
        ("20990101-000000F", "no backup '20990101-000000F'"),
    ],
)
def test_a_moment_that_cannot_be_reached_is_refused(lost: Lost, to: str, said: str) -> None:
    refused(lost.recover("--to", to), said)
    assert lost.untouched()


def test_a_disk_without_room_is_told_before_much_is_fetched(lost: Lost, as_root: None) -> None:
    home = lost.stage.home
    tools = (home / ".tools").readlink()
    words = ("-t", "tmpfs", "-o", "size=96m,mode=711", "tmpfs", str(home))
    subprocess.run(["mount", *words], check=True, timeout=20)
    try:
        (home / ".tools").symlink_to(tools)
        done = lost.recover()
        message = refused(done, "of the disk are free")
        assert mentions_next(message)
        assert lost.untouched()
    finally:
        subprocess.run(["umount", "--lazy", str(home)], check=True, timeout=20)


def test_a_folder_that_may_not_be_written_is_told(lost: Lost, as_root: None) -> None:
    """As an ordinary user, who may not write into this UZ_HOME."""
    drop = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    lost.stage.home.chmod(0o755)
    kit = lost.kit.with_name("kit-for-all")
    kit.write_text(lost.kit.read_text())
    kit.chmod(0o644)
    lost.stage.project.chmod(0o755)
    try:
        done = lost.recover(kit=kit, prefix=drop)
    finally:
        lost.stage.project.chmod(0o700)
        lost.stage.home.chmod(0o711)
        kit.unlink()
    assert mentions_next(refused(done))
    assert lost.untouched()


def test_a_folder_that_is_taken_stays_as_it_is(lost: Lost) -> None:
    there = lost.stage.root() / "data" / "precious"
    there.parent.mkdir(parents=True)
    there.write_text("of another")
    done = lost.recover()
    assert mentions_next(refused(done, "there is an environment already"))
    assert there.read_text() == "of another"
    shutil.rmtree(lost.stage.root())


@pytest.mark.soak
def test_a_port_that_is_taken_is_told_and_uz_up_goes_on(lost: Lost) -> None:
    with socket.create_server(("127.0.0.1", lost.stage.base + 400)):
        done = lost.recover()
        message = refused(done, str(lost.stage.base + 400), code=done.code)
        assert done.code in {1, 2}, done
        assert mentions_next(message)
    back = lost.stage.up(timeout=240)
    assert "ready" in back.stdout
    whole(lost)
    lose(lost.stage)


@pytest.mark.parametrize("step", soaked(STEPS, "recover"))
def test_one_that_is_killed_is_healed_by_the_next(lost: Lost, step: str) -> None:
    begun = lost.stage.begin(*lost.words(), **lost.reader())
    assert begun.stdout
    for line in begun.stdout:
        if line.split()[:1] == [step]:
            break
    else:
        pytest.fail(f"it never came to {step}: {begun.communicate()[1]}")
    time.sleep(0.3)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    if (lost.stage.root() / "data").exists():  # it is the environment already
        refused(lost.recover(), "there is an environment already")
        lost.stage.up(timeout=240)
    else:
        done = lost.recover()
        assert done.code == 0, done
    whole(lost)
    assert not strays(lost)
    lose(lost.stage)


@pytest.mark.soak
def test_one_that_is_told_to_end_leaves_nothing(lost: Lost) -> None:
    begun = lost.stage.begin(*lost.words(), **lost.reader())
    assert begun.stdout
    for line in begun.stdout:
        if line.split()[:1] == ["restore"]:
            break
    begun.send_signal(signal.SIGINT)
    begun.wait(60)
    assert lost.untouched()


@pytest.mark.soak
def test_a_moment_of_before_comes_back_alone(lost: Lost) -> None:
    done = lost.recover("--to", lost.between.isoformat())
    assert done.code == 0, done
    assert own(lost.stage, "SELECT text FROM notes ORDER BY id") == "early"
    lose(lost.stage)


def test_all_comes_back_and_backups_go_on(lost: Lost) -> None:
    before = repositories(lost.site)
    done = lost.recover()
    assert done.code == 0, done
    assert "is back: https://" in done.stdout
    whole(lost)
    stage = lost.stage
    current = (stage.root() / "data/repository/current").read_text().strip()
    assert current not in before
    assert holds_within(BACK, lambda: full_in(lost.site.store("reader", PREFIX), current))
    listed = stage.uz("backup", "list", "--json").json()
    assert {one["repository"] for one in listed["backups"]} >= {current, *old(lost, before)}
    assert listed["trouble"] == ""
    own(stage, "INSERT INTO notes (text) VALUES ('new')")
    written = datetime.now(UTC)
    assert holds_within(60, lambda: covered(stage) > written)
    status = stage.uz("status")
    assert status.code == 0, status
    drilled = stage.uz("drill", timeout=300)
    assert drilled.code == 0, str(drilled)


def whole(lost: Lost) -> None:
    """See that users are served, and that nothing that was written is missing."""
    stage = lost.stage
    assert stage.client().get().status == 200
    assert own(stage, "SELECT text FROM notes ORDER BY id").split() == ["early", "late"]
    assert redis(stage, "GET", "cart") == "full"
    upload = stage.root() / "data" / "app" / "upload"
    assert upload.read_text() == "of a user"
    known = source(stage)
    assert {name: known.read(name) for name in lost.secrets} == lost.secrets
    assert all(one["healthy"] for one in stage.services().values()), stage.status()
    assert not Path(f"{stage.root()}.recovering").exists()


def strays(lost: Lost) -> list[str]:
    """Servers that a recovery left."""
    words = []
    for one in lost.stage.processes():
        with suppress(psutil.Error):
            words.append(" ".join([one.cwd(), *one.cmdline()]))
    return [one for one in words if ".recovering" in one]


def full_in(store: Store, repository: str) -> bool:
    """Whether a repository has a catalog, which its first, full, backup ends with."""
    return any(key.startswith(f"{repository}/catalogs/") for key in store.list(f"{repository}/"))


def old(lost: Lost, before: set[str]) -> set[str]:
    """Repositories of the lost machine that backups can be restored from."""
    return {one for one in before if full_in(lost.site.store("reader", PREFIX), one)}
