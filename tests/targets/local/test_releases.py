import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from uz.errors import MachineError, ProgramError, UnhealthyError
from uz.spec import Spec
from uz.stack import Owner
from uz.targets.local.layout import Layout
from uz.targets.local.releases import (
    Release,
    all_releases,
    ensure_release,
    prune,
    uncommitted,
    unsealed,
)
from uz.targets.local.users import user_of
from uz.testing import spec

AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-C", str(folder), *AUTHOR, *words], check=True, capture_output=True, timeout=60
    )


def commit(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "change")


@pytest.fixture
def project(short: Path) -> Path:
    """A repository with one commit."""
    folder = short / "project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    commit(folder, app="one")
    return folder


def trial(**app: Any) -> Spec:
    return spec("trial", app=app)


def release(layout: Layout, project: Path, **app: Any) -> tuple[Release, Path]:
    made, _ = ensure_release(layout, trial(**app), project)
    return made, layout.releases / made.number


def files(place: Path) -> dict[str, str]:
    return {str(p.relative_to(place)): p.read_text() for p in place.rglob("*") if p.is_file()}


def test_a_release_is_the_last_commit_and_nothing_else(prepared: Layout, project: Path) -> None:
    (project / "uncommitted").write_text("x")
    (project / "app").write_text("changed")
    made, place = release(prepared, project)
    assert files(place) == {"app": "one"}
    assert (made.number, made.source[:7]) == ("0001", "commit ")


def test_a_project_in_a_subfolder_is_released_alone(prepared: Layout, project: Path) -> None:
    (project / "shop").mkdir()
    commit(project / "shop", app="two")
    _, place = release(prepared, project / "shop")
    assert files(place) == {"app": "two"}


def test_a_commit_elsewhere_does_not_make_another_release(prepared: Layout, project: Path) -> None:
    (project / "shop").mkdir()
    commit(project / "shop", app="two")
    first, _ = release(prepared, project / "shop")
    commit(project, other="x")
    assert release(prepared, project / "shop")[0] == first


def test_the_same_source_is_built_once(prepared: Layout, project: Path) -> None:
    assert ensure_release(prepared, trial(), project)[1]
    assert not ensure_release(prepared, trial(), project)[1]
    commit(project, app="two")
    made, fresh = ensure_release(prepared, trial(), project)
    assert (made.number, fresh) == ("0002", True)


def test_other_build_commands_make_another_release(prepared: Layout, project: Path) -> None:
    release(prepared, project)
    assert release(prepared, project, build=["touch built"])[0].number == "0002"
    assert release(prepared, project)[0].number == "0001"


def test_a_release_that_was_removed_by_hand_is_built_anew(prepared: Layout, project: Path) -> None:
    _, place = release(prepared, project)
    unsealed(place)
    shutil.rmtree(place)
    assert release(prepared, project)[0].number == "0001"


def test_build_commands_run_in_order_in_the_release_with_a_clean_environment(
    prepared: Layout, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "secret")
    monkeypatch.setenv("PIP_INDEX_URL", "mirror")
    build = ["sh -c 'cat app > built'", "sh -c 'env > environment; cat built >> built.2'"]
    _, place = release(prepared, project, build=build)
    made = files(place)
    assert (made["built"], made["built.2"]) == ("one", "one")
    assert "TOKEN" not in made["environment"]
    assert "PIP_INDEX_URL=mirror" in made["environment"]
    assert f"HOME={prepared.data}/app" in made["environment"]


def test_build_commands_have_the_apps_rights(prepared: Layout, project: Path) -> None:
    _, place = release(prepared, project, build=["sh -c 'id -u > user'"])
    assert files(place)["user"].strip() == str(user_of(Owner.APP).uid)


def test_nothing_in_a_release_can_be_written(prepared: Layout, project: Path) -> None:
    build = [
        "mkdir -p deep/er",
        "sh -c 'echo x > deep/er/file; chmod 777 deep/er/file; chmod +x app'",
    ]
    _, place = release(prepared, project, build=build)
    for path in (place, *place.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o7222, path
    assert os.access(place / "app", os.X_OK)
    assert stat.S_IMODE((place / "app").stat().st_mode) == 0o550


@pytest.mark.parametrize("command", ["sh -c 'echo broken; exit 3'", "no-such-program"])
def test_a_failed_build_leaves_no_release_and_shows_its_log(
    prepared: Layout, project: Path, command: str
) -> None:
    before, _ = release(prepared, project)
    with pytest.raises(UnhealthyError, match="app.build, command 2 failed") as raised:
        release(prepared, project, build=["echo first", command])
    assert "$ echo first" in str(raised.value)
    assert "build-0002.log" in raised.value.hint
    assert all_releases(prepared) == (before,)
    assert not (prepared.releases / "0002").exists()


def test_a_build_that_takes_too_long_is_stopped(prepared: Layout, project: Path) -> None:
    with pytest.raises(UnhealthyError, match="command 1 failed"):
        release(prepared, project, build=["sleep 60"], build_timeout="100ms")
    assert all_releases(prepared) == ()


@pytest.fixture
def folder(short: Path) -> Path:
    """A project that is in no repository."""
    place = short / "folder"
    place.mkdir()
    (place / "app").write_text("one")
    return place


def test_without_a_repository_it_says_what_to_do(prepared: Layout, folder: Path) -> None:
    with pytest.raises(ProgramError, match="not in a git repository") as raised:
        release(prepared, folder)
    assert 'app.source = "working-tree"' in raised.value.hint


def test_without_a_commit_it_says_what_to_do(prepared: Layout, folder: Path) -> None:
    git(folder, "init", "--quiet")
    with pytest.raises(ProgramError, match="git has no commit of this folder") as raised:
        release(prepared, folder)
    assert raised.value.hint.startswith("Commit it first")


def test_the_working_tree_can_be_released_as_it_lies_there(prepared: Layout, folder: Path) -> None:
    for left_out in (".git", ".venv", "node_modules"):
        (folder / left_out).mkdir()
        (folder / left_out / "file").touch()
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    made, place = release(prepared, folder, source="working-tree")
    assert set(files(place)) == {"app", "run"}
    assert os.access(place / "run", os.X_OK)
    assert made.source == "working tree"


def test_what_git_ignores_is_not_released(prepared: Layout, folder: Path) -> None:
    git(folder, "init", "--quiet")
    (folder / ".gitignore").write_text(".env\n/private/\n")
    (folder / ".env").write_text("PASSWORD=hidden")
    (folder / "private").mkdir()
    (folder / "private/file").touch()
    _, place = release(prepared, folder, source="working-tree")
    assert set(files(place)) == {".gitignore", "app"}


def test_links_are_released_as_links(prepared: Layout, folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real/file").touch()
    (folder / "to-folder").symlink_to("real")
    (folder / "to-nowhere").symlink_to("nowhere")
    _, place = release(prepared, folder, source="working-tree")
    assert (place / "to-folder").readlink() == Path("real")
    assert (place / "to-nowhere").readlink() == Path("nowhere")


@pytest.mark.parametrize("change", ["text", "mode", "name", "link"])
def test_every_change_of_the_working_tree_makes_another_release(
    prepared: Layout, folder: Path, change: str
) -> None:
    (folder / "link").symlink_to("app")
    first, _ = release(prepared, folder, source="working-tree")
    if change == "text":
        (folder / "app").write_text("two")
    elif change == "mode":
        (folder / "app").chmod(0o755)
    elif change == "name":
        (folder / "app").rename(folder / "other")
    else:
        (folder / "link").unlink()
        (folder / "link").symlink_to("elsewhere")
    assert release(prepared, folder, source="working-tree")[0].number != first.number


def test_uncommitted_changes_are_noticed(project: Path) -> None:
    assert not uncommitted(trial(), project)
    (project / "new").touch()
    assert uncommitted(trial(), project)
    assert not uncommitted(trial(source="working-tree"), project)


def many(layout: Layout, project: Path, count: int) -> None:
    for number in range(count):
        commit(project, app=f"version {number}")
        release(layout, project)


def test_only_the_newest_releases_are_kept(prepared: Layout, project: Path) -> None:
    many(prepared, project, 4)
    assert prune(prepared, 2, set()) == ("0001", "0002")
    assert [one.number for one in all_releases(prepared)] == ["0003", "0004"]
    assert prune(prepared, 2, set()) == ()


def test_the_active_release_is_never_removed(prepared: Layout, project: Path) -> None:
    many(prepared, project, 4)
    assert prune(prepared, 1, {"0001"}) == ("0002", "0003")
    assert (prepared.releases / "0001/app").exists()


def test_half_made_releases_are_removed(prepared: Layout, project: Path) -> None:
    many(prepared, project, 1)
    (prepared.releases / "0002").mkdir()
    (prepared.releases / "0002").chmod(0o500)
    assert prune(prepared, 5, set()) == ("0002",)


def test_numbers_are_not_used_twice_while_a_folder_is_there(
    prepared: Layout, project: Path
) -> None:
    (prepared.releases / "0007").mkdir()
    assert release(prepared, project)[0].number == "0008"


@pytest.mark.parametrize("text", ["", "[]", '{"number": "0001"}'])
def test_a_damaged_record_is_an_error(prepared: Layout, text: str) -> None:
    (prepared.releases / "0001.json").write_text(text)
    with pytest.raises(MachineError, match=r"0001\.json: damaged"):
        all_releases(prepared)
