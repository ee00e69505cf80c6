import stat
import subprocess
import sys
from pathlib import Path

import pytest

from uz import __version__
from uz.targets.local.layout import Layout
from uz.targets.local.own_python import write_scripts


@pytest.fixture
def scripts(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "home", "shop", "production")
    layout.root.mkdir(parents=True)
    write_scripts(layout)
    return layout


def run(*words: object, cwd: Path) -> str:
    command = ["env", "-i", "PATH=/usr/bin:/bin", "sh", *map(str, words)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=30, check=True
    ).stdout


def test_uz_is_the_one_that_wrote_it(scripts: Layout, tmp_path: Path) -> None:
    assert run(scripts.root / "uz", "--version", cwd=tmp_path) == f"uz {__version__}\n"


def test_python_is_the_one_that_uz_runs_in(scripts: Layout, tmp_path: Path) -> None:
    said = run(scripts.root / "python", "-c", "import sys; print(sys.prefix)", cwd=tmp_path)
    assert said == f"{sys.prefix}\n"


def test_both_know_the_folder_of_all_environments(scripts: Layout, tmp_path: Path) -> None:
    script = "import os; print(os.environ['UZ_HOME'])"
    said = run(scripts.root / "python", "-c", script, cwd=tmp_path)
    assert said == f"{scripts.home.resolve()}\n"


def test_what_lies_in_the_current_folder_is_not_imported(scripts: Layout, tmp_path: Path) -> None:
    for name in ("uz.py", "json.py", "argparse.py"):
        (tmp_path / name).write_text("raise SystemExit('taken over')")
    assert "uz" in run(scripts.root / "uz", "--version", cwd=tmp_path)


def test_they_are_the_operator_s(scripts: Layout) -> None:
    for name in ("uz", "python"):
        assert stat.S_IMODE((scripts.root / name).stat().st_mode) == 0o700


def test_to_write_them_again_changes_nothing(scripts: Layout) -> None:
    before = (scripts.root / "uz").stat()
    write_scripts(scripts)
    assert (scripts.root / "uz").stat() == before
