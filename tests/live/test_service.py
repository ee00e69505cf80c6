"""`uz service`: systemd itself says whether the unit is right and tight."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.live.stage import Stage

MOST_EXPOSED = 40
"""Tenths of systemd's measure: 0 is a sandbox, 100 has every right; 4.0 and below counts as OK."""

pytestmark = pytest.mark.live


def analyze(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run systemd-analyze, where it is there and can look at files."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine")
    done = subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, timeout=60, check=False
    )
    if "unrecognized option" in done.stderr:
        pytest.skip(f"this systemd-analyze is too old for {words[0]} of a file")
    return done


@pytest.fixture(params=["as-root", "as-an-ordinary-user"])
def unit(stage: Stage, request: pytest.FixtureRequest) -> Path:
    """The unit as it is printed for root, and for somebody else."""
    prefix: tuple[str, ...] = ()
    stage.project.chmod(0o755)
    if request.param == "as-an-ordinary-user" and os.geteuid() == 0:
        user = pwd.getpwnam("uz-app")
        ids = ("--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups")
        prefix = ("setpriv", *ids, "--")
    elif request.param == "as-root" and os.geteuid() != 0:
        pytest.skip("only root can print the unit for root")
    done = stage.uz("service", prefix=prefix)
    assert done.code == 0, done
    path = stage.top / "uz-tiny-production.service"
    path.write_text(done.stdout)
    path.chmod(0o644)
    return path


def test_systemd_has_nothing_to_say_against_the_unit(unit: Path) -> None:
    done = analyze("verify", str(unit))
    said = [line for line in done.stderr.splitlines() if "Special user nobody" not in line]
    assert (done.returncode, said) == (0, [])


def test_systemd_counts_the_unit_as_little_exposed(unit: Path) -> None:
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit))
    assert done.returncode == 0, done.stdout


def test_the_unit_starts_this_project_and_stops_it_with_time_to_spare(
    unit: Path, stage: Stage
) -> None:
    text = unit.read_text()
    (start,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert f"--project {stage.project} --env production up --foreground" in start
    assert f"Environment=UZ_HOME={stage.home}" in text
    assert "Restart=on-failure" in text
    (stop,) = [line for line in text.splitlines() if line.startswith("TimeoutStopSec=")]
    assert int(stop.partition("=")[2].rstrip("s")) > 2 * 3 + 8 + 5


def test_printing_the_unit_changes_nothing(stage: Stage) -> None:
    assert stage.uz("service").code == 0
    assert not stage.home.exists()
