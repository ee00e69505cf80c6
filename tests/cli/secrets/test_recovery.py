import json
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Uz
from tests.cli.secrets.conftest import Typed
from tests.places import Projects

from uz.operations.place import Place
from uz.secret import Secret
from uz.targets.local.recovery import Kit, write_kit
from uz.testing import MemoryManager

KIT = Kit("shop", "production", Secret(b"a-credential-for-the-tests-alone"), Secret(b"seal"), (),
          Secret(b"backups"), "ab12")  # fmt: skip


@pytest.fixture(autouse=True)
def place(projects: Projects, manager: MemoryManager) -> Place:
    """An environment whose kit is still on the machine."""
    made = projects.applied(secrets={})
    write_kit(made.layout, made.spec, KIT)
    return made


def test_on_a_terminal_the_kit_is_printed(uz: Uz, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    said = uz("secrets", "kit")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["bootstrap"] == KIT.bootstrap.reveal().decode()


def test_into_a_pipe_or_a_log_it_is_not_printed_by_accident(uz: Uz) -> None:
    said = uz("secrets", "kit")
    assert (said.code, said.out) == (2, "")
    assert "standard output is no terminal" in said.err
    assert "--to FILE" in said.err
    assert "tests-alone" not in said.err


def test_into_a_pipe_on_purpose_it_can_be_stored(uz: Uz) -> None:
    said = uz("secrets", "kit", "--to", "-")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["bootstrap"] == KIT.bootstrap.reveal().decode()


def test_into_a_file_it_goes_unseen_and_only_once(uz: Uz, place: Place, tmp_path: Path) -> None:
    file = tmp_path / "shop.kit"
    said = uz("secrets", "kit", "--to", str(file))
    assert said.code == 0
    assert "tests-alone" not in said.out + said.err
    assert file.read_text() == place.layout.recovery_kit.read_text()
    again = uz("secrets", "kit", "--to", str(file))
    assert again.code == 2
    assert "Nothing is overwritten" in again.err


def test_to_a_place_and_away_at_once_is_not_offered(uz: Uz, place: Place) -> None:
    assert uz("secrets", "kit", "--remove", "--to", "-").code == 2
    assert place.layout.recovery_kit.exists()


def test_nothing_of_it_gets_into_the_trail(uz: Uz, place: Place) -> None:
    uz("secrets", "kit", "--to", "-")
    uz("secrets", "kit", "--remove", "--yes")
    assert "tests-alone" not in place.layout.trail.read_text()


def test_it_is_removed_after_a_yes(uz: Uz, place: Place, typed: Typed) -> None:
    typed("n")
    said = uz("secrets", "kit", "--remove")
    assert (said.code, said.out.splitlines()[-1]) == (2, "nothing was changed")
    assert place.layout.recovery_kit.exists()
    typed("y")
    assert uz("secrets", "kit", "--remove").code == 0
    assert not place.layout.recovery_kit.exists()


def test_where_nobody_can_answer_it_stays(uz: Uz, place: Place) -> None:
    assert uz("secrets", "kit", "--remove").code == 2
    assert place.layout.recovery_kit.exists()


def test_removing_it_twice_is_no_error_and_showing_it_then_is(uz: Uz) -> None:
    assert "is removed" in uz("secrets", "kit", "--remove", "--yes").out
    assert "there was no readable recovery kit" in uz("secrets", "kit", "--remove", "--yes").out
    said = uz("secrets", "kit")
    assert (said.code, said.out) == (2, "")
    assert "not there" in said.err
