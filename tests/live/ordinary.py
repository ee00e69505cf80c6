"""A real user without any rights, who runs a copy of Uz that anybody may read."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.live.stage import Stage, holds_within

import uz

PYTHON = "/usr/bin/python3"
"""The system's own: whatever runs the tests may lie where nobody else can read it."""


@dataclass
class Ordinary(Stage):
    """A stage whose commands are run by this user."""

    user: str = ""
    package: Path = field(default_factory=Path)

    def run_as(self) -> list[str]:
        """What makes a command run as the user."""
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--init-groups",
                "--inh-caps=-all", "--bounding-set=-all", "--"]  # fmt: skip

    def command(self, *words: str) -> list[str]:
        """The words that start `uz`."""
        return [*self.run_as(), PYTHON, "-m", "uz", "--project", str(self.project), *words]

    def environ(self, **more: str) -> dict[str, str]:
        """What a login would set, and where the copy lies."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.top),
            "PYTHONPATH": str(self.package),
            "UZ_HOME": str(self.home),
            **more,
        }

    def commit(self, text: str | None = None, *, name: str = "server.py") -> str:
        """Commit as who runs the tests, since git refuses others; then all is the user's."""
        self.belongs_to("root")
        made = super().commit(text, name=name)
        self.belongs_to(self.user)
        return made

    def belongs_to(self, owner: str) -> None:
        """Give somebody the project and all around it."""
        for path in (self.top, self.project, *self.project.rglob("*")):
            shutil.chown(path, owner, owner)


@contextmanager
def readable_copy() -> Iterator[Path]:
    """Copy Uz and what it imports to where everybody can read it."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    told = subprocess.run(
        [PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        check=False, capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    if told.stdout.strip() != version:
        pytest.skip(f"{PYTHON} is not the Python {version} that runs the tests")
    folder = Path(tempfile.mkdtemp(prefix="uz-t-package-", dir="/tmp"))
    leave = shutil.ignore_patterns("__pycache__", "mypy*", "ruff*", "pip", "pip-*", "_pytest*")
    try:
        packages = Path(pytest.__file__).parents[1]
        shutil.copytree(packages, folder, ignore=leave, dirs_exist_ok=True)
        shutil.copytree(Path(uz.__file__).parent, folder / "uz", dirs_exist_ok=True, ignore=leave)
        subprocess.run(["chmod", "-R", "a+rX,go-w", folder], check=True, timeout=60)
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def system_user() -> Iterator[str]:
    """Make a system user for as long as the tests run."""
    name = f"uz-t-{os.getpid()}"
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    made = ["useradd", *options, name]

    def worked(command: list[str]) -> bool:  # another test may hold the lock of /etc/passwd
        return subprocess.run(command, check=False, capture_output=True, timeout=60).returncode == 0

    if not holds_within(20, lambda: worked(made)):
        pytest.skip("this machine allows no new users")
    try:
        assert pwd.getpwnam(name).pw_uid
        yield name
    finally:
        assert holds_within(60, lambda: worked(["userdel", name]))
