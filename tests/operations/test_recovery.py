import errno
import json
import os
from pathlib import Path

import pytest
from tests.places import Projects

from uz.errors import BusyError, MachineError, SecretError
from uz.operations.place import Place
from uz.operations.recovery import forget_kit, kit_text, recover, save_kit
from uz.secret import Secret
from uz.targets.local.bootstrap import make_bootstrap, read_bootstrap
from uz.targets.local.recovery import Kit, write_kit
from uz.targets.local.state import locked
from uz.trail import entries

SECRET = Secret(b"a-credential-for-the-tests-alone")
KIT = Kit("shop", "production", SECRET, Secret(b"seal"), (), Secret(b"backups"), "ab12")


@pytest.fixture
def place(projects: Projects) -> Place:
    return projects.applied(secrets={})


def outcomes(place: Place) -> list[tuple[str, str]]:
    return [(one.command, one.outcome) for one in entries(place.layout.trail)]


def test_a_readable_kit_is_shown_as_it_is(place: Place) -> None:
    write_kit(place.layout, place.spec, KIT)
    assert json.loads(kit_text(place))["bootstrap"] == SECRET.reveal().decode()


def test_one_that_was_taken_away_is_not_shown_and_that_is_well(place: Place) -> None:
    with pytest.raises(SecretError, match=r"recovery-kit\.json: not there") as raised:
        kit_text(place)
    assert "taken off this machine" in raised.value.hint


def test_an_encrypted_kit_says_how_to_read_it(place: Place) -> None:
    place.layout.sealed_kit.write_bytes(b"age-encryption.org/v1\n")
    with pytest.raises(SecretError, match="encrypted, so Uz cannot show it") as raised:
        kit_text(place)
    assert "age --decrypt" in raised.value.hint


def test_it_is_saved_in_a_new_file_that_others_cannot_read(tmp_path: Path) -> None:
    file = tmp_path / "kit"
    before = os.umask(0)
    try:
        save_kit(KIT.text(), file)
    finally:
        os.umask(before)
    assert file.read_text() == KIT.text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_no_file_is_overwritten_and_no_link_is_followed(tmp_path: Path) -> None:
    taken, link = tmp_path / "taken", tmp_path / "link"
    taken.write_text("precious")
    link.symlink_to(tmp_path / "elsewhere")
    for path in (taken, link, tmp_path, tmp_path / "no" / "folder"):
        with pytest.raises(MachineError, match="the recovery kit is not written there"):
            save_kit(KIT.text(), path)
    assert taken.read_text() == "precious"
    assert not (tmp_path / "elsewhere").exists()


def test_half_a_kit_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MachineError, match="No space left"):
        save_kit(KIT.text(), tmp_path / "kit")
    assert not (tmp_path / "kit").exists()


def test_it_is_removed_and_that_is_in_the_trail(place: Place) -> None:
    write_kit(place.layout, place.spec, KIT)
    assert forget_kit(place, "secrets kit --remove")
    assert not place.layout.recovery_kit.exists()
    assert not forget_kit(place, "secrets kit --remove")
    assert outcomes(place) == [("uz secrets kit --remove", "done")] * 2


def test_a_lost_credential_is_put_back(place: Place) -> None:
    path = recover(place, KIT.text(), "secrets recover kit")
    assert path == place.layout.bootstrap
    assert path.stat().st_mode & 0o777 == 0o400
    found = read_bootstrap(path)
    assert found is not None
    assert found.secret == SECRET
    assert outcomes(place) == [("uz secrets recover kit", "done")]
    assert recover(place, KIT.text(), "again") == path, "once more does no harm"


def test_on_a_new_machine_too_where_nothing_is_yet(projects: Projects) -> None:
    place = projects.place(secrets={})
    assert recover(place, KIT.text(), "recover").read_bytes() == SECRET.reveal() + b"\n"


def test_where_the_spec_says_so_it_goes_there(projects: Projects, tmp_path: Path) -> None:
    named = tmp_path / "bootstrap"
    place = projects.applied(secrets={"bootstrap": str(named)})
    assert recover(place, KIT.text(), "recover") == named


def test_another_credential_is_never_overwritten(place: Place) -> None:
    other = make_bootstrap(place.layout.bootstrap)
    with pytest.raises(SecretError, match="there is another bootstrap credential") as raised:
        recover(place, KIT.text(), "recover")
    assert "Move it away" in raised.value.hint
    assert read_bootstrap(place.layout.bootstrap) == other


def test_the_kit_of_another_environment_is_refused(projects: Projects) -> None:
    place = projects.applied("trial", secrets={})
    with pytest.raises(SecretError, match="of shop/production, not of shop/trial"):
        recover(place, KIT.text(), "recover")
    assert not place.layout.bootstrap.exists()


def test_a_credential_that_others_may_read_is_told(place: Place) -> None:
    make_bootstrap(place.layout.bootstrap).secret.reveal()
    place.layout.bootstrap.chmod(0o444)
    with pytest.raises(MachineError, match="others may read"):
        recover(place, KIT.text(), "recover")


def test_while_another_command_works_nothing_changes(place: Place) -> None:
    with locked(place.layout, "up"), pytest.raises(BusyError):
        recover(place, KIT.text(), "recover")
    assert not place.layout.bootstrap.exists()
