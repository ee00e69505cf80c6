"""`uz render`: the same files that `uz up` writes, and a check that they are not stale."""

import subprocess
from pathlib import Path

import pytest
from tests.live.stage import Stage

pytestmark = pytest.mark.live


def texts(folder: Path) -> dict[str, str]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_rendered_is_what_runs(stage: Stage) -> None:
    to = stage.top / "rendered"
    done = stage.uz("render", "--to", str(to))
    assert done.code == 0
    assert not stage.home.exists()
    stage.up()
    assert texts(to) == texts(stage.root() / "config")


def test_rendering_again_writes_nothing(stage: Stage) -> None:
    stage.uz("render")
    before = {path: path.stat().st_mtime_ns for path in stage.project.rglob("*")}
    done = stage.uz("render")
    assert "up to date" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in stage.project.rglob("*")} == before


def test_check_shows_what_is_stale_and_writes_nothing(stage: Stage) -> None:
    assert stage.uz("render").code == 0
    assert stage.uz("render", "--check").code == 0
    before = texts(stage.project / "rendered")
    stage.set("edge.frame_options", "SAMEORIGIN")
    done = stage.uz("render", "--check")
    assert done.code == 1
    assert '+    "" "SAMEORIGIN";' in done.stdout
    assert '-    "" "DENY";' in done.stdout
    assert texts(stage.project / "rendered") == before
    assert stage.uz("render").code == 0
    assert stage.uz("render", "--check").code == 0


def test_a_file_that_is_no_longer_rendered_is_removed(stage: Stage) -> None:
    stage.uz("render")
    stage.set("app.instances", 1)
    check = stage.uz("render", "--check")
    assert "services/app-2: no longer rendered" in check.stdout
    stage.uz("render")
    assert not (stage.project / "rendered/production/services/app-2").exists()


def test_nginx_itself_accepts_the_rendered_configuration(running: Stage) -> None:
    words = [
        "nginx",
        "-t",
        "-p",
        f"{running.root()}/",
        "-e",
        "stderr",
        "-c",
        "config/edge/nginx.conf",
    ]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=20, check=False, cwd=running.root()
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_every_rendered_script_is_one_that_the_shell_can_read(running: Stage) -> None:
    config = running.root() / "config"
    scripts = [*(config / "services").iterdir(), config / "launch", config / "log-rotation/loop"]
    for script in scripts:
        subprocess.run(["/bin/sh", "-n", script], check=True, timeout=10)
