import json
import stat
from pathlib import Path

import pytest

from uz import trail
from uz.errors import MachineError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_entries_are_read_in_the_order_of_their_writing(path: Path) -> None:
    for number in range(3):
        trail.record(path, "live", f"uz up {number}", "done")
    found = trail.entries(path)
    assert [one.command for one in found] == ["uz up 0", "uz up 1", "uz up 2"]
    assert {(one.environment, one.outcome) for one in found} == {("live", "done")}


def test_one_entry_is_one_line_whatever_it_holds(path: Path) -> None:
    trail.record(path, "live", "uz up --x 'a\nb'", 'failed: "é"\n')
    assert len(path.read_text().splitlines()) == 1
    assert trail.entries(path)[0].command == "uz up --x 'a\nb'"


def test_it_is_only_ever_appended_and_for_its_owner(path: Path) -> None:
    trail.record(path, "live", "uz up", "done")
    before = path.read_bytes()
    trail.record(path, "live", "uz down", "done")
    assert path.read_bytes().startswith(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_trail_is_no_entry(path: Path) -> None:
    assert trail.entries(path) == ()


def test_a_line_cut_short_loses_no_other_one(path: Path) -> None:
    trail.record(path, "live", "uz up", "done")
    with path.open("a") as file:
        file.write('{"time": "2026')
    trail.record(path, "live", "uz down", "done")
    assert [one.command for one in trail.entries(path)] == ["uz up", "uz down"]


@pytest.mark.parametrize("line", ["[]", "1", '{"time": "x"}', '{"more": 1}', "\x00\xff"])
def test_a_line_that_is_no_entry_is_passed_over(path: Path, line: str) -> None:
    path.write_bytes(line.encode("latin-1") + b"\n")
    trail.record(path, "live", "uz up", "done")
    assert [one.command for one in trail.entries(path)] == ["uz up"]


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError, match="audit trail cannot be written"):
        trail.record(path, "live", "uz up", "done")
    assert not (tmp_path / "elsewhere").exists()


def test_the_person_behind_sudo_is_named(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    trail.record(path, "live", "uz up", "done")
    assert trail.entries(path)[0].user.startswith("ada (as ")


def test_nobody_can_name_himself_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    own = trail.who()
    monkeypatch.setenv("LOGNAME", "somebody-else")
    assert trail.who() == own


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 987654)
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert trail.who() == "987654"


def test_the_fields_of_an_entry_are_these(path: Path) -> None:
    trail.record(path, "live", "uz up", "done")
    assert set(json.loads(path.read_text())) == {
        "time",
        "user",
        "environment",
        "command",
        "outcome",
    }
