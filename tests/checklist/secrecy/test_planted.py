from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand, trial

from uz.checklist.secrecy import planted
from uz.checklist.secrecy.canary import MARK
from uz.environment import Environment
from uz.errors import UzError

EVERY = (
    planted.in_work_tree, planted.in_ignored_env, planted.looks_like, planted.in_history,
    planted.in_configuration, planted.in_log, planted.in_rotated_log, planted.in_state,
    planted.kit_left, planted.in_release, planted.in_data, planted.in_arguments,
    planted.in_variables,
)  # fmt: skip
Plant = Callable[[Environment], AbstractContextManager[None]]


@pytest.mark.parametrize("plant", EVERY, ids=lambda one: one.__name__)
def test_outside_a_rehearsal_nothing_is_planted(tmp_path: Path, plant: Plant) -> None:
    with a_stand(tmp_path, trial("production")) as stand:
        before = {*tmp_path.rglob("*")}
        with pytest.raises(UzError, match="no rehearsal"), plant(stand):
            pytest.fail("planted")
        assert {*tmp_path.rglob("*")} == before


@pytest.mark.parametrize("plant", EVERY, ids=lambda one: one.__name__)
def test_whatever_happens_nothing_is_left(
    stand: SecrecyStand, tmp_path: Path, plant: Plant
) -> None:
    before = {*tmp_path.rglob("*")}
    running = {one.pid for one in psutil.Process().children()}
    with pytest.raises(ZeroDivisionError), plant(stand):
        raise ZeroDivisionError
    assert {*tmp_path.rglob("*")} == before
    assert {one.pid for one in psutil.Process().children()} == running


def test_git_ignores_the_env_file_and_shows_the_other(stand: SecrecyStand) -> None:
    with planted.in_ignored_env(stand):
        assert list(stand.project.glob(f".{MARK}*/.env"))
        assert stand.git("status", "--porcelain") == ""
    with planted.in_work_tree(stand):
        assert f"?? .{MARK}" in stand.git("status", "--porcelain")


def test_an_object_to_which_nothing_leads_is_written(stand: SecrecyStand) -> None:
    with planted.in_history(stand):
        assert "unreachable blob" in stand.git("fsck", "--unreachable", "--no-progress")
    assert stand.git("fsck", "--unreachable", "--no-progress") == ""


def test_without_a_repository_there_is_no_history_to_plant_in(stand: SecrecyStand) -> None:
    (stand.project / ".git").rename(stand.project.parent / "elsewhere.git")
    with pytest.raises(UzError, match="no git repository"), planted.in_history(stand):
        pytest.fail("planted")


def test_a_kit_that_is_there_is_never_touched(stand: SecrecyStand) -> None:
    kit = stand.own.parent / f"{stand.name}.recovery-kit.json"
    kit.write_text("precious")
    with pytest.raises(UzError, match="a recovery kit already"), planted.kit_left(stand):
        pytest.fail("planted")
    assert kit.read_text() == "precious"


@pytest.mark.parametrize(
    ("plant", "file", "other"),
    [
        (planted.in_arguments, "cmdline", "environ"),
        (planted.in_variables, "environ", "cmdline"),
    ],
)
def test_a_program_has_it_in_one_place_only(
    stand: SecrecyStand, plant: Plant, file: str, other: str
) -> None:
    before = {one.pid for one in psutil.Process().children()}
    with plant(stand):
        value = stand.secret("canary").reveal()
        (pid,) = {one.pid for one in psutil.Process().children()} - before
        assert value in Path(f"/proc/{pid}/{file}").read_bytes()
        assert value not in Path(f"/proc/{pid}/{other}").read_bytes()
