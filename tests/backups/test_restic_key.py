import hashlib
import json
import shutil
import socket
from pathlib import Path

import pytest

from uz.backups.restic import Restic
from uz.backups.restic_key import unnamed
from uz.errors import MachineError
from uz.secret import Secret, random_password

FORM = {"created": "2026-11-26T19:07:02Z", "username": "root", "hostname": "vm", "data": "OZL+/=="}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    content = json.dumps(FORM).encode()
    path = tmp_path / hashlib.sha256(content).hexdigest()
    path.write_bytes(content)
    return path


def test_the_names_are_taken_out_and_nothing_else(key: Path) -> None:
    unnamed(key.parent)
    (made,) = key.parent.iterdir()
    assert json.loads(made.read_bytes()) == {**FORM, "username": "uz", "hostname": "uz"}
    assert made.name == hashlib.sha256(made.read_bytes()).hexdigest()
    assert made.stat().st_mode & 0o777 == 0o400


def test_twice_is_once(key: Path) -> None:
    unnamed(key.parent)
    made = [*key.parent.iterdir()]
    unnamed(key.parent)
    assert [*key.parent.iterdir()] == made


def test_one_that_was_killed_is_begun_anew_and_what_is_in_the_way_is_told(tmp_path: Path) -> None:
    program = tmp_path / "restic"
    program.write_text(
        "#!/bin/sh\ncat >/dev/null\nrepo=${1#--repo=}\nmkdir -p $repo/keys\n"
        "echo '{}' >$repo/keys/k\ntouch $repo/config\n"
    )
    program.chmod(0o755)
    restic = Restic(tmp_path / "files", Secret(b"p"), timeout=10, program=str(program))
    (tmp_path / "files.making" / "keys").mkdir(parents=True)
    (tmp_path / "files.making" / "keys" / "half").write_text("{")
    restic.folder.mkdir()
    (restic.folder / "other").write_text("")
    with pytest.raises(MachineError, match="not empty") as raised:
        restic.init()
    assert "move what is there away" in raised.value.hint
    (restic.folder / "other").unlink()
    restic.init()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["files", "restic"]
    assert len([*(restic.folder / "keys").iterdir()]) == 1


@pytest.mark.live
@pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")
def test_restic_opens_a_repository_whose_key_tells_nothing(tmp_path: Path) -> None:
    restic = Restic(tmp_path / "repository", Secret(random_password()), timeout=60)
    restic.init()
    (found,) = (json.loads(one.read_bytes()) for one in (restic.folder / "keys").iterdir())
    assert (found["hostname"], found["username"]) == ("uz", "uz")
    assert socket.gethostname() not in {found["hostname"], found["username"]}
    assert restic.check() == ()
    assert not list(tmp_path.glob("*.making"))
