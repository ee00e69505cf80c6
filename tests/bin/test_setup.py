"""bin/setup.sh says in a few lines what is wrong and what to do, and leaves with 2."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

Finished = subprocess.CompletedProcess[str]


def bash(script: str, cwd: Path, **env: str) -> Finished:
    """Run a script that has sourced a copy of bin/setup.sh."""
    command = ["/bin/bash", "-c", f"set -euo pipefail; . bin/setup.sh; {script}", "bin/test"]
    return subprocess.run(
        command,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def clone(tmp_path: Path, root: Path) -> Path:
    """A directory with bin/setup.sh, a lock and nothing else."""
    (tmp_path / "bin").mkdir()
    shutil.copy(root / "bin/setup.sh", tmp_path / "bin")
    (tmp_path / "some.lock").write_text("no-such-distribution-at-all==1.0 --hash=sha256:00\n")
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def commands(directory: Path, **scripts: str) -> str:
    """A PATH on which these stand in for the real programs."""
    directory.mkdir()
    for name, script in scripts.items():
        (directory / name).write_text(f"#!/bin/sh\n{script}\n")
        (directory / name).chmod(0o755)
    return f"{directory}:{os.environ['PATH']}"


def test_without_a_python_it_names_the_packages_to_install(clone: Path) -> None:
    hidden = "command() { return 1; }; sed -i 's|/usr/bin/python3|/absent|' bin/setup.sh;"
    ended = bash(f"{hidden} . bin/setup.sh; PATH=/absent; find_python", clone)
    assert ended.returncode == 2
    assert "no Python 3.11 or newer found" in ended.stderr
    assert "apt-get install python3 python3-venv" in ended.stderr


def test_the_python_it_finds_is_new_enough(clone: Path) -> None:
    ended = bash('"$(find_python)" -c "import sys; assert sys.version_info >= (3, 11)"', clone)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_nothing_runs_as_root_when_nobody_is_there_to_ask(clone: Path) -> None:
    path = commands(clone / "fake", id="echo 1000", sudo="touch sudo-ran")
    ended = bash("as_root 'to try it' touch it", clone, PATH=path)
    assert ended.returncode == 2
    assert "sudo touch it" in ended.stderr
    assert not (clone / "sudo-ran").exists()


def test_after_a_yes_it_says_what_it_runs_as_root_and_why(clone: Path) -> None:
    path = commands(clone / "fake", id="echo 1000", sudo='"$@"')
    ended = bash("assume_yes=yes; as_root 'to try it' touch it", clone, PATH=path)
    assert ended.stdout == "== to try it: touch it\n"
    assert (clone / "it").exists()


def test_a_python_without_venv_gets_its_package_from_debian(clone: Path) -> None:
    path = commands(
        clone / "fake",
        id="echo 0",
        python="test -e installed",
        **{"apt-get": 'case "$*" in *"install python3-venv") touch installed ;; esac'},
    )
    ended = bash("require_venv python", clone, PATH=path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "== fetch Debian's package lists: apt-get -qq update",
        "== let Python make virtual environments: apt-get -qq -y install python3-venv",
    ]


def test_a_failing_pip_is_quoted_and_nothing_is_stamped_as_done(clone: Path) -> None:
    ended = bash("setup some.lock", clone, PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull)
    assert ended.returncode == 2
    assert "pip could not install what Uz needs" in ended.stderr
    assert "PIP_INDEX_URL" in ended.stderr
    assert not list((clone / ".venv").glob("*.sha256"))


def test_a_finished_setup_is_not_done_again(clone: Path) -> None:
    quiet = "install() { echo installed; };"
    first = bash(f"{quiet} setup some.lock", clone)
    assert first.stdout.splitlines()[-2:] == ["installed", "installed"]
    assert bash(f"{quiet} setup some.lock", clone).stdout == ""
    (clone / "some.lock").write_text("changed\n")
    assert "installed" in bash(f"{quiet} setup some.lock", clone).stdout


def test_a_moved_clone_gets_a_new_environment(clone: Path, tmp_path: Path) -> None:
    quiet = "install() { :; };"
    bash(f"{quiet} setup some.lock", clone)
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in (".venv", "bin", "some.lock", "pyproject.toml"):
        (clone / name).rename(moved / name)
    assert "== make .venv" in bash(f"{quiet} setup some.lock", moved).stdout


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shell_scripts_are_clean(root: Path) -> None:
    scripts = ["bin/setup.sh", "bin/test", "bin/demo", "bin/lock", ".ci/run"]
    ended = subprocess.run(
        ["shellcheck", "-x", *scripts], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stdout
