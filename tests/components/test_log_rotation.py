import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from uz.components import compose
from uz.components.log_rotation import log_rotation
from uz.testing import MACHINE, spec


def test_the_files_are_those_that_were_reviewed(golden: Callable[[str, str], None]) -> None:
    for path, text in log_rotation(spec(), MACHINE).files.items():
        golden(path, text)


@pytest.mark.parametrize(
    ("size", "line"), [("50MiB", "size 50M"), ("64KiB", "size 64K"), ("5KB", "size 5000")]
)
def test_sizes_mean_the_same_to_logrotate(size: str, line: str) -> None:
    text = log_rotation(spec(logs={"max_size": size}), MACHINE).files["log-rotation/logrotate.conf"]
    assert f"    {line}\n" in text


@pytest.mark.parametrize(("age", "days"), [("1h", 1), ("36h", 1), ("30d", 30)])
def test_an_age_is_at_least_a_day(age: str, days: int) -> None:
    text = log_rotation(spec(logs={"max_age": age}), MACHINE).files["log-rotation/logrotate.conf"]
    assert f"maxage {days}\n" in text


def test_the_loop_is_a_script_that_a_shell_can_read() -> None:
    loop = log_rotation(spec(), MACHINE).files["log-rotation/loop"]
    assert subprocess.run(["sh", "-n"], input=loop, text=True, timeout=10).returncode == 0


def test_a_log_that_is_too_large_is_rotated(tmp_path: Path) -> None:
    logrotate = shutil.which("logrotate", path="/usr/sbin:/usr/bin")
    if logrotate is None:
        pytest.skip("logrotate is not on this machine")
    text = log_rotation(spec(logs={"max_size": "1KB"}), MACHINE).files[
        "log-rotation/logrotate.conf"
    ]
    (tmp_path / "logs/edge").mkdir(parents=True)
    log = tmp_path / "logs/edge/access.log"
    log.write_text("x" * 2000)
    # Without nginx there is nobody to be told.
    (tmp_path / "conf").write_text(text.replace('kill -USR1 "$(cat run/edge/nginx.pid)"', "true"))
    (tmp_path / "conf").chmod(0o600)
    tmp_path.chmod(0o700)
    command = [logrotate, "--state", "state", "conf"]
    assert subprocess.run(command, cwd=tmp_path, timeout=30).returncode == 0
    assert (tmp_path / "logs/edge/access.log.1").stat().st_size == 2000
    assert not log.exists()


def test_the_whole_stack_adds_up_and_can_be_started() -> None:
    order = [service.name for service in compose(spec(), MACHINE).in_start_order()]
    assert order == ["app-1", "app-2", "edge", "log-rotation"]
