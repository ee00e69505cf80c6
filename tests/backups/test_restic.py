import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from uz.backups.restic import Restic, Taken
from uz.errors import BackupError, MachineError, ProgramError
from uz.secret import Secret, random_password
from uz.waiting import met

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed"),
]
KNOWN = b"a line that nobody may find in the repository\n"


@pytest.fixture(scope="module")
def passphrase() -> Secret:
    return Secret(random_password())


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "inside").mkdir(parents=True)
    (folder / "letter").write_bytes(KNOWN * 20)
    (folder / "inside" / "photo").write_bytes(os.urandom(50_000))
    (folder / "link").symlink_to("/etc/hostname")
    (folder / "letter").chmod(0o640)
    return folder


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, passphrase: Secret) -> Path:
    """A repository that was just made: that takes seconds, as passphrases are made hard to try."""
    folder = tmp_path_factory.mktemp("made") / "repository"
    Restic(folder, passphrase, timeout=60).init()
    return folder


@pytest.fixture
def restic(tmp_path: Path, empty: Path, passphrase: Secret) -> Restic:
    shutil.copytree(empty, tmp_path / "repository")
    return Restic(tmp_path / "repository", passphrase, timeout=60)


def contents(folder: Path) -> dict[str, bytes]:
    found = (one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
    return {str(one.relative_to(folder)): one.read_bytes() for one in found}


def fake(tmp_path: Path, script: str) -> str:
    path = tmp_path / "fake-restic"
    path.write_text(f"#!/bin/sh\ncat >/dev/null\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_what_was_backed_up_comes_back_as_it_was(
    restic: Restic, files: Path, tmp_path: Path
) -> None:
    taken = restic.back_up([files], tags=["files"])
    assert taken == Taken(taken.id)
    assert len(taken.id) == 64
    (known,) = restic.snapshots()
    assert (known.id, known.paths, known.tags) == (taken.id, (str(files),), ("files",))
    restic.restore(taken.id, tmp_path / "back")
    back = tmp_path / "back" / files.relative_to("/")
    assert contents(back) == contents(files)
    assert (back / "link").readlink() == Path("/etc/hostname")
    assert (back / "letter").stat().st_mode & 0o777 == 0o640
    assert all(KNOWN[:30] not in one for one in contents(restic.folder).values())


def test_it_is_made_once(restic: Restic) -> None:
    before = contents(restic.folder)
    restic.init()
    assert contents(restic.folder) == before
    assert restic.snapshots() == ()
    assert restic.check() == ()


def test_what_is_excluded_is_not_taken(restic: Restic, files: Path, tmp_path: Path) -> None:
    taken = restic.back_up([files], excludes=["photo"])
    restic.restore(taken.id, tmp_path / "back")
    assert not list((tmp_path / "back").rglob("photo"))
    assert list((tmp_path / "back").rglob("letter"))


def test_the_passphrase_is_nowhere_to_be_seen(restic: Restic, files: Path) -> None:
    word = restic.passphrase.reveal()
    assert word.decode() not in repr(restic)
    restic.back_up([files])
    assert all(word not in one for one in contents(restic.folder).values())


def test_another_passphrase_opens_nothing(restic: Restic, tmp_path: Path) -> None:
    other = Restic(restic.folder, Secret(random_password()))
    for call in (other.snapshots, other.check, lambda: other.expire(1)):
        with pytest.raises(BackupError, match="the passphrase does not open") as raised:
            call()
        assert "recovery kit" in raised.value.hint


def test_without_a_repository_it_says_so(tmp_path: Path, passphrase: Secret) -> None:
    with pytest.raises(BackupError, match="no repository of restic's"):
        Restic(tmp_path / "nothing", passphrase).snapshots()


def test_a_snapshot_that_is_not_there_is_an_error(restic: Restic, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no matching ID"):
        restic.restore("11111111", tmp_path / "back")
    with pytest.raises(BackupError, match="is no snapshot"):
        restic.restore("--help", tmp_path / "back")


def test_a_path_that_is_not_there_is_refused(restic: Restic, files: Path) -> None:
    with pytest.raises(BackupError, match="/nowhere: is not there"):
        restic.back_up([files, Path("/nowhere")])
    assert restic.snapshots() == ()


@pytest.mark.parametrize("where", ["first", "last"])
def test_a_flipped_byte_is_found_and_nothing_is_restored_quietly(
    restic: Restic, files: Path, tmp_path: Path, where: str
) -> None:
    taken = restic.back_up([files])
    packs = sorted((restic.folder / "data").rglob("*"), key=lambda one: one.stat().st_size)
    pack = max((one for one in packs if one.is_file()), key=lambda one: one.stat().st_size)
    damaged = bytearray(pack.read_bytes())
    damaged[100 if where == "first" else -100] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(damaged)
    found = restic.check("100%")
    assert any("Pack ID does not match" in line for line in found)
    if where == "first":
        with pytest.raises(BackupError):
            restic.restore(taken.id, tmp_path / "back")


@pytest.mark.slow
def test_old_snapshots_go_and_no_file_changes_under_its_name(restic: Restic, files: Path) -> None:
    taken = []
    for number in range(3):
        (files / "inside" / "photo").write_bytes(os.urandom(300_000))
        (files / f"new-{number}").write_bytes(os.urandom(1000))
        taken.append(restic.back_up([files]).id)
    before = contents(restic.folder)
    assert restic.expire(1) == tuple(taken[:2])
    after = contents(restic.folder)
    assert sum(map(len, after.values())) < sum(map(len, before.values())) / 2
    assert {name for name in before.keys() & after.keys() if before[name] != after[name]} == set()
    assert [one.id for one in restic.snapshots()] == taken[2:]
    assert restic.check("100%") == ()
    assert restic.expire(1) == ()


def test_locks_and_unfinished_files_do_not_go_off_site(restic: Restic) -> None:
    assert restic.passing("locks/ab12")
    assert restic.passing("data/ab/ab12-tmp-123")
    assert not restic.passing("data/ab/ab12")
    assert not any(map(restic.passing, contents(restic.folder)))


def test_what_could_not_be_read_is_told(restic: Restic, files: Path, tmp_path: Path) -> None:
    real = restic.back_up([files]).id
    said = '{"message_type":"error","error":{},"during":"archival","item":"/srv/a"}'
    script = (
        f"case $* in *backup*) echo '{said}' >&2\n"
        f'echo \'{{"message_type":"summary","snapshot_id":"{real[:8]}"}}\'; exit 3;; esac'
    )
    partly = Restic(restic.folder, restic.passphrase, program=fake(tmp_path, script))
    assert partly.back_up([files]) == Taken(real, ("/srv/a",))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_file_is_told(restic: Restic, files: Path) -> None:
    (files / "letter").chmod(0)
    assert restic.back_up([files]).unread == (str(files / "letter"),)


def test_a_full_disk_is_told_as_such(files: Path, tmp_path: Path, passphrase: Secret) -> None:
    script = "echo 'Fatal: write /x: no space left on device' >&2; exit 1"
    full = Restic(tmp_path / "repository", passphrase, program=fake(tmp_path, script))
    with pytest.raises(MachineError, match="the disk is full"):
        full.init()


def test_of_a_run_that_fails_nothing_is_kept(restic: Restic, files: Path, tmp_path: Path) -> None:
    restic.back_up([files])
    before = contents(restic.folder)
    script = (
        'case $* in *backup*) mkdir -p "$REPO/data/ab"; echo x > "$REPO/data/ab/cd"\n'
        'echo x > "$REPO/index/ef"; echo "no space left on device" >&2; exit 1;; esac'
    ).replace("$REPO", str(restic.folder))
    full = Restic(restic.folder, restic.passphrase, program=fake(tmp_path, script))
    with pytest.raises(MachineError, match="the disk is full"):
        full.back_up([files])
    assert contents(restic.folder) == before


def test_a_success_without_a_summary_is_none(restic: Restic, files: Path, tmp_path: Path) -> None:
    empty = Restic(restic.folder, restic.passphrase, program=fake(tmp_path, "exit 0"))
    with pytest.raises(BackupError, match="cannot be understood"):
        empty.back_up([files])


def test_a_run_that_takes_too_long_is_stopped(files: Path, tmp_path: Path) -> None:
    slow = Restic(tmp_path, Secret(b"x"), timeout=0.3, program=fake(tmp_path, "sleep 60"))
    with pytest.raises(ProgramError, match="still running"):
        slow.snapshots()


KILLED = """
import sys
from pathlib import Path
from uz.backups.restic import Restic
from uz.secret import Secret
passphrase = Secret(sys.stdin.readline().strip().encode())
Restic(Path(sys.argv[1]), passphrase).back_up([Path(sys.argv[2])])
"""


@pytest.mark.slow
def test_a_killed_run_leaves_nothing_that_stops_the_next(restic: Restic, files: Path) -> None:
    with (files / "large").open("wb") as large:
        for _ in range(60):
            large.write(os.urandom(2**22))
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(restic.folder), str(files)],
        stdin=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin
    process.stdin.write(restic.passphrase.reveal().decode() + "\n")
    process.stdin.close()
    locks = restic.folder / "locks"
    assert met(lambda: any(locks.iterdir()), 60)
    children = psutil.Process(process.pid).children(recursive=True)
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    assert met(lambda: not any(one.is_running() and one.status() != "zombie"
                               for one in children), 5)  # fmt: skip
    assert any(locks.iterdir())
    taken = restic.back_up([files])
    assert not any(locks.iterdir())
    assert restic.expire(1) == ()
    assert restic.check("100%") == ()
    assert [one.id for one in restic.snapshots()] == [taken.id]
