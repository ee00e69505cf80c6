"""A stack lives on without Uz: by the README that `uz eject` prints, and by nothing else."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.live.stage import Stage, holds_within

pytestmark = pytest.mark.live


def commands(readme: str) -> list[str]:
    """The commands of the README, in order: its indented lines."""
    lines = [line.strip() for line in readme.splitlines() if line.startswith("    ")]
    return [line for line in lines if line.startswith("supervisor")]


def follow(stage: Stage, command: str) -> str:
    """Run a command of the README as its reader would, and return what it said."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # supervisor is installed there
    done = subprocess.run(
        shlex.split(command, comments=True),
        cwd=stage.root(),
        env={"PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_a_stack_is_started_and_stopped_by_the_readme_alone(stage: Stage) -> None:
    stage.up()
    kept = {path.name: Path("/dev/shm", path.name + "-kept") for path in stage.memory()}
    readme = stage.uz("eject").stdout
    assert f"The files are in {stage.root()}/config." in readme
    for path in stage.memory():
        path.rename(kept[path.name])
    assert stage.uz("down").code == 0
    (place,) = kept.values()
    assert "`credentials/edge/key.pem`" in readme
    (stage.root() / "credentials").symlink_to(place)  # step 1: the secrets, in memory
    assert (stage.root() / "active/app-1").resolve().name == "0001"  # step 2: the release

    def by_the_readme(first_words: str) -> list[str]:
        found = [one for one in commands(readme) if first_words in one]
        assert found, first_words
        return found

    follow(stage, by_the_readme("supervisord -c")[0])
    for start in by_the_readme(" start "):
        follow(stage, start)
    assert holds_within(60, stage.client().answers)
    assert len(stage.client().pids()) == 2
    status = follow(stage, by_the_readme(" status")[0])
    assert status.count("RUNNING") == 4
    (reload,) = re.findall(r"`(supervisorctl .* signal HUP edge)`", readme)
    follow(stage, reload)
    assert holds_within(60, stage.client().answers)
    follow(stage, by_the_readme(" shutdown")[0])
    assert holds_within(60, lambda: stage.processes() == [])


@pytest.mark.slow
def test_uz_takes_a_stack_back_that_was_started_by_hand(stage: Stage) -> None:
    stage.up()
    stage.uz("down")
    stage.up()
    follow(stage, "supervisorctl -c config/supervisord.conf restart app-1")
    assert "nothing changed" in stage.up().stdout
    assert stage.status()["healthy"] is True


def test_eject_before_the_first_up_says_where_the_files_will_be(stage: Stage) -> None:
    done = stage.uz("eject")
    assert done.code == 0
    assert f"`uz up` writes the files to {stage.root()}/config." in done.stdout
    assert not stage.home.exists()
