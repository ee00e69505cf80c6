"""A disposable project and home for Uz, removed with all it started however the block is left."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from uz import shell
from uz.errors import UzError

REPOSITORY = Path(__file__).parent.parent
PYTHON = REPOSITORY / ".venv" / "bin" / "python"
UZ = REPOSITORY / ".venv" / "bin" / "uz"
BASE = 26000
HTTP, HTTPS = BASE + 80, BASE + 443
INSTANCES = (BASE + 100, BASE + 101)

ENVIRONMENT = f"""
[environments.bench]
kind = "staging"

# A name that every program can look up, and limits that are in force but out of reach.
[environments.bench.app]
aliases = ["localhost"]

[environments.bench.network]
port_base = {BASE}

[environments.bench.edge]
rate = 1000000
burst = 1000000
connections_per_address = 60000
"""


@dataclass(frozen=True)
class Scratch:
    """A copy of a project in a folder of its own, with a home for Uz beside it."""

    folder: Path
    app: str

    @property
    def project(self) -> Path:
        """The copy: a git repository with one commit."""
        return self.folder / "project"

    @property
    def root(self) -> Path:
        """Where Uz keeps the environment."""
        return self.folder / "home" / self.app / "bench"

    def words(self, *words: str) -> list[str]:
        """The words that run Uz on this project."""
        return [str(UZ), "--project", str(self.project), "--env", "bench", *words]

    def uz(self, *words: str) -> shell.Completed:
        """Run Uz. Raises UzError where it does not succeed."""
        home = {"UZ_HOME": str(self.folder / "home")}
        done = shell.run(self.words(*words), timeout=600, environment=surroundings() | home)
        if not done.ok:
            raise UzError(f"uz {' '.join(words)} ended with {done.code}:\n{done.tail()}")
        return done


def surroundings() -> dict[str, str]:
    """The caller's environment, but for what keeps Python from storing compiled modules."""
    left_out = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "UZ_HOME"}
    return {name: value for name, value in os.environ.items() if name not in left_out}


@contextmanager
def scratch(source: Path, app: str) -> Iterator[Scratch]:
    """Copy a project; in the end take down what runs of it and remove everything."""
    place = Scratch(Path(tempfile.mkdtemp(prefix="uz-bench-")), app)
    try:
        place.folder.chmod(0o711)  # the servers' and the app's users pass through
        ignored = shutil.ignore_patterns(".venv", ".state", "__pycache__", ".*_cache")
        shutil.copytree(source, place.project, ignore=ignored)
        with (place.project / "uz.toml").open("a") as file:
            file.write(ENVIRONMENT)
        _commit(place.project)
        yield place
    finally:
        try:
            if (place.folder / "home").exists():
                place.uz("down", "--delete-data", "--yes")
        finally:
            shutil.rmtree(place.folder)


def _commit(project: Path) -> None:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "bench")):
        shell.checked(["git", "-C", project, *who, *words], timeout=60)
