"""A machine is lost, and the environment is made again from its backups and the recovery kit."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.live.openbao_stage import an_openbao_stage, source
from tests.live.postgres import own, with_database
from tests.live.stage import Stage

from uz.errors import BackupError
from uz.operations.place import Place, place_of
from uz.secret import Secret
from uz.targets.local.backups.files import RestoredFiles, back_up_files, restore_files
from uz.targets.local.backups.recovering import (
    Recovery,
    begin,
    discard,
    finish,
    openbao_made,
    recover_app,
    recover_redis,
)
from uz.targets.local.backups.recovering_database import recover_database
from uz.targets.local.backups.repository import Repository
from uz.targets.local.layout import HOME_VARIABLE
from uz.targets.local.listeners import holder_of
from uz.targets.local.recovery import Kit, kit_in
from uz.waiting import met

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.soak]


@dataclass
class Lost:
    """What is left of a machine: backups elsewhere, a stopped cluster, and the kit."""

    stage: Stage
    repository: Repository
    snapshot: str
    cluster: Path
    kit: Kit
    session_key: Secret

    def place(self) -> Place:
        return place_of(self.stage.project, "production")

    def recovery(self) -> Recovery:
        place = self.place()
        return Recovery(place.layout, place.spec, place.stack)

    def files(self, recovery: Recovery) -> RestoredFiles:
        return restore_files(
            self.repository.files,
            self.kit.backup_passphrase,
            self.snapshot,
            recovery.scratch / "files",
        )


def said(stage: Stage, *words: str) -> str:
    url = (stage.root() / "credentials" / "app" / "redis-url").read_text()
    done = subprocess.run(
        ["redis-cli", "-u", url, "--no-auth-warning", *words],
        check=True, capture_output=True, text=True, timeout=10,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture(scope="module")
def lost() -> Iterator[Lost]:
    with pytest.MonkeyPatch.context() as patch, an_openbao_stage() as stage:
        patch.setenv(HOME_VARIABLE, str(stage.home))
        stage.set("redis.purpose", "store")
        with_database(stage)
        stage.up()
        said(stage, "SET", "cart", "full", "EX", "90000")
        own(stage, "INSERT INTO notes (text) VALUES ('kept')")
        upload = stage.root() / "data" / "app" / "upload"
        upload.write_text("of a user")
        place = place_of(stage.project, "production")
        kit = kit_in(place.layout.recovery_kit.read_text(), place.layout)
        repository = Repository(stage.top / "off-site" / "ab")
        repository.folder.mkdir(parents=True)
        taken = back_up_files(place.layout, place.spec, repository, source(stage))
        assert taken.missing == ()
        session_key = source(stage).read("app/session-key")
        assert session_key
        assert stage.uz("down").code == 0
        cluster = stage.top / "cluster"
        subprocess.run(
            ["cp", "-a", stage.root() / "data" / "database" / "database-1", cluster], check=True
        )
        for path in stage.memory():
            shutil.rmtree(path)
        stage.home.rename(stage.top / "lost")
        stage.home.mkdir(mode=0o711)
        (stage.home / ".tools").symlink_to((stage.top / "lost" / ".tools").readlink())
        yield Lost(stage, repository, taken.snapshot, cluster, kit, session_key)


def test_another_environments_kit_opens_nothing(lost: Lost) -> None:
    recovery = lost.recovery()
    other = replace(lost.kit, bootstrap=Secret(b"a-credential-of-another-environment"))
    begin(recovery, other)
    files = lost.files(recovery)
    assert files.openbao
    with (
        pytest.raises(BackupError, match="another bootstrap credential"),
        openbao_made(recovery, other) as take,
    ):
        take(files.openbao)
    discard(recovery)
    assert not recovery.layout.root.exists()
    with pytest.raises(BackupError, match="does not open this repository"):
        restore_files(
            lost.repository.files, Secret(b"another"), lost.snapshot, recovery.layout.home / "x"
        )


def test_a_passphrase_that_is_not_in_the_backup_is_told(lost: Lost) -> None:
    recovery = lost.recovery()
    begin(recovery, lost.kit)
    files = lost.files(recovery)
    assert files.openbao
    other = replace(lost.kit, backup_passphrase=Secret(b"another one"))
    with (
        pytest.raises(BackupError, match="passphrase of the backups is another one"),
        openbao_made(recovery, other) as take,
    ):
        take(files.openbao)
    # left as a killed run leaves it: the next test begins over it


KILLED = """
import sys
from pathlib import Path
from uz.operations.place import place_of
from uz.targets.local.backups.files import restore_files
from uz.targets.local.backups.recovering import Recovery, begin, openbao_made
from uz.targets.local.recovery import kit_in
place = place_of(Path(sys.argv[1]), "production")
recovery, kit = Recovery(place.layout, place.spec, place.stack), kit_in(sys.argv[4], place.layout)
begin(recovery, kit)
into = recovery.scratch / "files"
files = restore_files(Path(sys.argv[2]), kit.backup_passphrase, sys.argv[3], into)
print("restored", flush=True)
with openbao_made(recovery, kit) as take:
    take(files.openbao)
"""


@pytest.mark.parametrize("seconds", [0.3, 1, 2, 3])
def test_a_recovery_that_was_killed_leaves_no_half_and_no_process(
    lost: Lost, seconds: float
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, lost.stage.project, lost.repository.files, lost.snapshot,
         lost.kit.text()],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "restored\n"
    time.sleep(seconds)
    process.kill()
    process.wait(60)
    process.stdout.close()
    port = lost.place().spec.ports.secrets
    assert met(lambda: not holder_of(port), 60)
    assert not lost.recovery().layout.root.exists()
    assert not lost.recovery().layout.bootstrap.exists()
    # the next test begins over what is left


def test_uz_up_brings_back_all_there_was(lost: Lost) -> None:
    stage, recovery = lost.stage, lost.recovery()
    begin(recovery, lost.kit)
    files = lost.files(recovery)
    assert files.openbao
    assert files.redis
    assert files.app
    with openbao_made(recovery, lost.kit) as take:
        take(files.openbao)
    recover_redis(recovery, files.redis)
    recover_app(recovery, files.app)
    recover_database(recovery, lost.cluster, lost.place().machine)
    finish(recovery, lost.kit)
    done = stage.up(timeout=240)
    assert "recovering" not in done.stdout
    assert stage.client().get().status == 200
    assert own(stage, "SELECT text FROM notes") == "kept"
    assert said(stage, "GET", "cart") == "full"
    assert 80000 < int(said(stage, "TTL", "cart")) <= 90000
    upload = stage.root() / "data" / "app" / "upload"
    assert upload.read_text() == "of a user"
    assert upload.owner() == upload.parent.owner()
    assert source(stage).read("app/session-key") == lost.session_key
    assert source(stage).read("backups/passphrase") == lost.kit.backup_passphrase
    assert all(one["healthy"] for one in stage.services().values())
    assert not recovery.beside.root.exists()
    assert not recovery.layout.recovery_kit.exists()  # the one that was kept still counts
    again = stage.up()
    assert "ready after" not in again.stdout
    with pytest.raises(BackupError, match="there is an environment already"):
        begin(lost.recovery(), lost.kit)
