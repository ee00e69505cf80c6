import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from uz.components import compose
from uz.errors import BackupError, MachineError, SecretError
from uz.secret import FileSecrets, Secret
from uz.stack import Owner
from uz.targets.local.backups.recovering import (
    Recovery,
    begin,
    discard,
    finish,
    recover_app,
    recover_further,
    recover_secrets,
    refuse_occupied,
)
from uz.targets.local.bootstrap import make_bootstrap, read_bootstrap
from uz.targets.local.layout import Layout, known
from uz.targets.local.memory import place as memory
from uz.targets.local.recovery import Kit
from uz.targets.local.users import isolated, missing_users, user_of
from uz.testing import MACHINE, spec

KIT = Kit(
    app="shop",
    environment="trial",
    bootstrap=Secret(b"a-credential-for-the-tests-alone"),
    seal_key=Secret(b""),
    shares=(),
    backup_passphrase=Secret(b"for backups"),
    authority_fingerprint="ab12",
)


@pytest.fixture
def recovery(layout: Layout) -> Iterator[Recovery]:
    if isolated() and missing_users():
        pytest.skip("root needs the users that `uz doctor --install` creates")
    of = spec("trial", secrets={})
    made = Recovery(layout, of, compose(of, MACHINE))
    yield made
    discard(made)


def with_secrets(recovery: Recovery) -> None:
    """Let it look as if the secrets manager had been recovered."""
    (recovery.beside.data / "openbao" / "raft").mkdir(parents=True)


def all_of(folder: Path) -> set[str]:
    return {str(one.relative_to(folder)) for one in folder.rglob("*")}


def test_nothing_is_in_the_environments_place_until_it_is_whole(recovery: Recovery) -> None:
    begin(recovery, KIT)
    with_secrets(recovery)
    assert not recovery.layout.root.exists()
    assert read_bootstrap(recovery.layout.bootstrap) is None
    assert known(recovery.layout.home) == ()
    finish(recovery, KIT)
    found = read_bootstrap(recovery.layout.bootstrap)
    assert found
    assert found.secret == KIT.bootstrap
    assert stat.S_IMODE(recovery.layout.bootstrap.stat().st_mode) == 0o400
    assert (recovery.layout.data / "openbao" / "raft").is_dir()
    assert not recovery.beside.root.exists()


def test_only_data_is_taken_over(recovery: Recovery) -> None:
    begin(recovery, KIT)
    with_secrets(recovery)
    beside = recovery.beside
    (recovery.scratch / "fetched").mkdir()
    for path in (beside.config / "x.conf", beside.run / "x.pid", beside.openbao_authority):
        path.write_text("of the recovery")
    memory(beside).mkdir(mode=0o700)
    beside.credentials.symlink_to(memory(beside))
    finish(recovery, KIT)
    assert not memory(beside).exists()
    assert not os.path.lexists(recovery.layout.credentials)
    left = all_of(recovery.layout.root)
    assert not {one for one in left if one.split("/")[0] in {"scratch", "config", "run", "logs"}}
    assert "data/openbao-authority.pem" not in left
    assert "data/openbao/raft" in left


def test_what_a_killed_run_left_is_made_anew(
    recovery: Recovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(recovery, KIT)
    with_secrets(recovery)
    (recovery.beside.data / "half").mkdir()

    def killed(self: Path, to: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as at_the_last_step:
        at_the_last_step.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            finish(recovery, KIT)
    assert not recovery.layout.root.exists()
    begin(recovery, KIT)
    assert not (recovery.beside.data / "half").exists()
    with_secrets(recovery)
    finish(recovery, KIT)
    assert (recovery.layout.data / "openbao").is_dir()


@pytest.mark.parametrize("what", ["state.json", "secrets.json", "data"])
def test_an_environment_that_is_there_is_not_touched(recovery: Recovery, what: str) -> None:
    recovery.layout.root.mkdir(parents=True)
    (recovery.layout.root / what).write_text("mine")
    with pytest.raises(BackupError, match="there is an environment already") as raised:
        begin(recovery, KIT)
    assert "uz up" in raised.value.hint
    assert (recovery.layout.root / what).read_text() == "mine"
    assert not recovery.beside.root.exists()


def test_one_that_came_meanwhile_is_not_touched_either(recovery: Recovery) -> None:
    begin(recovery, KIT)
    with_secrets(recovery)
    recovery.layout.root.mkdir()
    (recovery.layout.root / "state.json").write_text("mine")
    with pytest.raises(BackupError, match="there is an environment already"):
        finish(recovery, KIT)
    assert all_of(recovery.layout.root) == {"state.json"}


def test_an_empty_folder_is_no_environment(recovery: Recovery) -> None:
    recovery.layout.root.mkdir(parents=True)
    begin(recovery, KIT)
    with_secrets(recovery)
    finish(recovery, KIT)
    assert (recovery.layout.data / "openbao").is_dir()


def test_a_link_in_its_place_is_refused(recovery: Recovery, short: Path) -> None:
    recovery.layout.app_folder.mkdir(parents=True)
    recovery.layout.root.symlink_to(short)
    with pytest.raises(MachineError, match="symbolic link"):
        begin(recovery, KIT)


def test_another_bootstrap_credential_is_not_overwritten(recovery: Recovery) -> None:
    recovery.layout.app_folder.mkdir(parents=True)
    there = make_bootstrap(recovery.layout.bootstrap)
    with pytest.raises(SecretError, match="another bootstrap credential"):
        begin(recovery, KIT)
    found = read_bootstrap(recovery.layout.bootstrap)
    assert found == there


def test_the_kits_own_credential_may_be_there(recovery: Recovery) -> None:
    recovery.layout.app_folder.mkdir(parents=True)
    recovery.layout.bootstrap.write_bytes(KIT.bootstrap.reveal() + b"\n")
    recovery.layout.bootstrap.chmod(0o400)
    refuse_occupied(recovery, KIT)
    refuse_occupied(recovery, None)


def test_without_the_secrets_manager_it_is_not_whole(recovery: Recovery) -> None:
    begin(recovery, KIT)
    with pytest.raises(BackupError, match="secrets manager was not recovered") as raised:
        finish(recovery, KIT)
    assert "--to" in raised.value.hint
    assert not recovery.layout.root.exists()


def test_the_apps_files_are_the_apps_again(recovery: Recovery) -> None:
    begin(recovery, KIT)
    folder = recovery.scratch / "app"
    (folder / "uploads").mkdir(parents=True)
    (folder / "uploads" / "photo").write_bytes(b"jpeg")
    recover_app(recovery, folder)
    place = recovery.beside.data / "app"
    app = user_of(Owner.APP)
    for path in (place, place / "uploads", place / "uploads" / "photo"):
        assert (path.stat().st_uid, path.stat().st_gid) == (app.uid, app.gid)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert (place / "uploads" / "photo").read_bytes() == b"jpeg"


def test_secrets_of_a_file_are_put_back(recovery: Recovery) -> None:
    begin(recovery, KIT)
    file = FileSecrets(recovery.scratch / "secrets.json")
    file.write("app/session-key", Secret(b"x"))
    recover_secrets(recovery, file.path)
    assert FileSecrets(recovery.beside.secrets).read("app/session-key") == Secret(b"x")
    file.path.write_text("{")
    with pytest.raises(SecretError):
        recover_secrets(recovery, file.path)


def test_further_folders_come_back_where_nothing_is(short: Path) -> None:
    made = short / "restored"
    for name in ("one", "two", "three"):
        (made / name).mkdir(parents=True)
        (made / name / "file").write_text(name)
    (made / "four").write_text("a file")
    places = {name: short / "srv" / "deep" / name for name in ("one", "two", "three", "four")}
    places["two"].mkdir(parents=True)
    places["three"].mkdir()
    (places["three"] / "file").write_text("mine")
    folders = {str(place): made / name for name, place in places.items()}
    told = recover_further(folders)
    assert told == (f"{places['three']}: holds something already, and is left as it is",)
    assert [(places[name] / "file").read_text() for name in ("one", "two", "three")] == [
        "one",
        "two",
        "mine",
    ]
    assert places["four"].read_text() == "a file"
    assert len(recover_further(folders)) == 4


def test_it_is_made_where_down_and_uninstall_look_for_it(recovery: Recovery) -> None:
    assert recovery.beside == recovery.layout.recovering
