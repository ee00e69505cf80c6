"""What tests of searching ask for: a repository, and values to look for."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.scanning.gitleaks import program

from uz.scanning.engine import Searcher
from uz.scanning.finding import Looked
from uz.scanning.look import look
from uz.scanning.places import Things
from uz.secret import Secret

VALUE = b"n0-such-value+in/any?other=file"
"""A value whose forms all differ."""


@dataclass(frozen=True)
class Repository:
    """A folder under git."""

    folder: Path

    def git(self, *words: str, given: bytes | None = None) -> str:
        """Run git there; it has to succeed."""
        who = ("-c", "user.name=test", "-c", "user.email=test@localhost")
        done = subprocess.run(
            ["git", "-C", self.folder, *who, "-c", "protocol.file.allow=always", *words],
            input=given, capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        return done.stdout.decode().strip()

    def commit(self, message: str = "a change", /, **files: bytes) -> str:
        """Write files and commit them; return the commit's id."""
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        self.git("add", ".")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty one."""
    folder = tmp_path / "project"
    folder.mkdir()
    one = Repository(folder)
    one.git("init", "--quiet", "--initial-branch=main")
    return one


@pytest.fixture
def search() -> Callable[[Things], Looked]:
    """Look for `VALUE`, which is called `stripe-key`."""
    searcher = Searcher({"stripe-key": Secret(VALUE)})
    return lambda things: look(searcher, things)


@pytest.fixture(scope="session")
def gitleaks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scanner for patterns."""
    return program(tmp_path_factory.mktemp("tools"))
