"""Releases that cannot be made: the build fails, hangs or attacks; git has nothing to give."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage, holds_within

pytestmark = pytest.mark.live


@pytest.fixture
def served(stage: Stage) -> Stage:
    """A stack that is up with one instance, and must stay so whatever the next release is."""
    stage.set("app.instances", 1)
    stage.commit()
    stage.up()
    return stage


def releases(stage: Stage) -> list[str]:
    """What lies in the folder of releases."""
    return sorted(path.name for path in (stage.root() / "releases").iterdir())


@pytest.mark.parametrize(
    ("commands", "said"),
    {
        "fails": (["echo one", "sh -c 'echo oops; exit 3'"], "command 2 failed (exit code 3)"),
        "missing": (["no-such-builder"], "command 1 failed ("),
        "hangs": (["echo one", "sleep 321"], "command 2 failed (not done within app.build_timeout"),
        "forbidden": (["touch /etc/uz-was-here"], "command 1 failed (exit code 1)"),
    }.values(),
)
def test_a_failed_build_leaves_what_runs_alone(
    served: Stage, commands: list[str], said: str
) -> None:
    before = releases(served)
    served.set("app.build", commands)
    served.set("app.build_timeout", "1s")
    message = refused(served.uz("up"), f"app.build, {said}", f"$ {commands[-1]}", code=1)
    assert mentions_next(message)
    assert served.client().answers()
    assert releases(served) == before
    assert ["sleep", "321"] not in [one.info["cmdline"] for one in psutil.process_iter(["cmdline"])]
    served.set("app.build", ["echo good"])
    served.up()
    assert served.client().answers()


def test_programs_and_variables_of_the_app_never_run_as_root(stage: Stage, as_root: None) -> None:
    mark = stage.top / "owned"
    folder = stage.project / ".venv/bin"
    folder.mkdir(parents=True)
    for name in ("setpriv", "sh", "env", "cat", "date", "dirname"):
        trap = folder / name
        trap.write_text(
            f'#!/bin/dash\n[ "$(/usr/bin/id -u)" != 0 ] || echo {name} >> {mark}\n'
            f'exec /usr/bin/{name} "$@"\n'
        )
        trap.chmod(0o755)
    (stage.project / "preload.so").write_text("not a library: the loader complains, as who it is")
    stage.set("app.env.LD_PRELOAD", "./preload.so")
    stage.set("app.build", ["true"])
    stage.commit()
    stage.up()
    assert not mark.exists(), mark.read_text()
    assert stage.log("app-1.log").count("ERROR: ld.so") == 1  # the app's own, no program's before


def test_sealing_a_release_follows_no_link(stage: Stage) -> None:
    target = stage.top / "target"
    target.write_text("mine")
    target.chmod(0o666)
    stage.set("app.build", [f"ln -s {target} link", f"ln -s {stage.top} folder", "mkfifo pipe"])
    stage.commit()
    stage.up()
    found = target.stat()
    assert (found.st_mode & 0o777, found.st_uid) == (0o666, os.geteuid())
    made = stage.root() / "releases/0001"
    assert (made / "server.py").stat().st_mode & 0o222 == 0
    assert made.stat().st_mode & 0o222 == 0


def test_settings_of_a_repository_never_run_a_program_as_root(stage: Stage, as_root: None) -> None:
    mark = stage.top / "ran-as"
    mark.touch(0o666)
    mark.chmod(0o666)
    trap = stage.project / "trap"
    trap.write_text(f"#!/bin/sh\nid -u >> {mark}\n")
    trap.chmod(0o755)
    stage.commit()
    with (stage.project / ".git/config").open("a") as file:
        file.write(f"[core]\nfsmonitor = {trap}\n")
    for path in (stage.project, *stage.project.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    stage.up()
    assert "0" not in mark.read_text().split()


def no_repository(project: Path) -> None:
    """No repository at all."""
    shutil.rmtree(project / ".git")


def half_a_repository(project: Path) -> None:
    """All objects are lost."""
    shutil.rmtree(project / ".git/objects")


def garbage(project: Path) -> None:
    """A repository whose head is garbage."""
    (project / ".git/HEAD").write_bytes(os.urandom(64))


def unborn(project: Path) -> None:
    """A branch without a commit."""
    (project / ".git/HEAD").write_text("ref: refs/heads/unborn\n")


def pointer(project: Path) -> None:
    """A worktree whose repository is gone."""
    shutil.rmtree(project / ".git")
    (project / ".git").write_text("gitdir: /nonexistent\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    {
        no_repository: "not in a git repository",
        half_a_repository: "git has no commit of this folder",
        garbage: "git has no commit of this folder (fatal:",
        unborn: "git has no commit of this folder (fatal:",
        pointer: "git has no commit of this folder (fatal: not a git repository",
    }.items(),
)
def test_without_a_commit_nothing_changes(
    served: Stage, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(served.project)
    assert mentions_next(refused(served.uz("up"), str(served.project), said))
    assert served.client().answers()
    served.set("app.source", "working-tree")
    served.up()


def test_a_folder_that_was_never_committed_is_named(stage: Stage) -> None:
    inner = stage.project / "inner"
    inner.mkdir()
    shutil.copy(stage.project / "uz.toml", inner)
    refused(stage.uz("--project", str(inner), "up"), f"{inner}: git has no commit of this folder")


def test_pipes_sockets_and_links_in_the_working_tree_do_no_harm(stage: Stage) -> None:
    stage.set("app.source", "working-tree")
    os.mkfifo(stage.project / "pipe")
    (stage.project / "away").symlink_to("/etc")
    (stage.project / "nowhere").symlink_to("/nonexistent")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(stage.project / "s"))
    (stage.project / "odd \n'$(id)\" name").write_text("x")
    stage.up(timeout=30)
    made = stage.root() / "releases" / "0001"
    assert not (made / "pipe").exists()
    assert (made / "away").is_symlink()
    assert stage.up().stdout.count("unchanged") == 4


def test_state_inside_the_working_tree_is_not_released(stage: Stage) -> None:
    stage.set("app.source", "working-tree")
    inside = stage.project / "state"
    stage.project.chmod(0o711)
    assert stage.uz("up", UZ_HOME=str(inside)).code == 0
    assert "unchanged" in stage.uz("up", UZ_HOME=str(inside)).stdout
    assert not (inside / "tiny/production/releases/0001/state").exists()
    assert holds_within(60, lambda: stage.uz("down", UZ_HOME=str(inside)).code == 0)
