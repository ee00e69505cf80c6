from pathlib import Path

import pytest

from uz.errors import MachineError
from uz.targets.local.layout import Layout, home, known, machine_trail


@pytest.fixture(autouse=True)
def _nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UZ_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UZ_HOME", str(tmp_path / "here"))
    assert home() == tmp_path / "here"


def test_a_relative_choice_is_made_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UZ_HOME", "here")
    assert home() == tmp_path / "here"


def test_root_keeps_its_environments_with_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert home() == Path("/var/lib/uz")


def test_a_user_keeps_them_in_the_state_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home() == tmp_path / ".local/state/uz"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert home() == tmp_path / "state/uz"


@pytest.mark.parametrize("name", ["a b", "a;b", 'a"b', "a\nb", "a$b", "a%b", "é", "a{b"])
def test_a_path_that_could_not_be_written_into_a_configuration_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UZ_HOME", str(tmp_path / name))
    with pytest.raises(MachineError, match="are what this path may hold"):
        home()


def test_a_file_in_the_way_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("UZ_HOME", str(tmp_path / "file/below"))
    with pytest.raises(MachineError, match="is no folder"):
        home()


def test_everything_lies_below_the_environments_own_folder() -> None:
    layout = Layout(Path("/srv/uz"), "shop", "live")
    below = ("config", "data", "logs", "run", "groups", "active", "releases", "credentials")
    for name in (*below, "secrets", "state", "evidence", "socket"):
        assert getattr(layout, name).is_relative_to("/srv/uz/shop/live"), name


def test_what_outlives_an_environment_lies_beside_it(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "shop", "live")
    assert layout.lock.parent == layout.trail.parent == tmp_path / "shop"
    assert machine_trail(tmp_path).parent == tmp_path


def test_a_path_too_long_for_a_socket_says_what_to_do() -> None:
    with pytest.raises(MachineError, match="too long for a socket") as raised:
        _ = Layout(Path("/" + "x" * 90), "shop", "live").socket
    assert "UZ_HOME" in raised.value.hint


def test_environments_are_known_by_their_state(tmp_path: Path) -> None:
    for name in ("shop/live", "shop/trial", "blog/live"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("shop/live", "blog/live"):
        (tmp_path / name / "state.json").touch()
    assert known(tmp_path) == (Layout(tmp_path, "blog", "live"), Layout(tmp_path, "shop", "live"))
    assert known(tmp_path / "nowhere") == ()
