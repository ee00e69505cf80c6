"""A disposable project and home for Uz, removed with all it started however the block is left."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from uz import shell
from uz.errors import UzError
from uz.spec import Ports
from uz.targets.local.tools import tools_folder

REPOSITORY = Path(__file__).parent.parent
PYTHON = REPOSITORY / ".venv" / "bin" / "python"
UZ = REPOSITORY / ".venv" / "bin" / "uz"
BASE = 7000
"""Of 1000 ports that neither tests nor rehearsals use."""
PORTS = Ports(BASE, BASE + 80, BASE + 443)
HTTP, HTTPS = PORTS.http, PORTS.https
INSTANCES = (PORTS.web(1), PORTS.web(2))
SERVERS = (PORTS.pooler, PORTS.database(1), PORTS.database(2), PORTS.redis(0), PORTS.redis(1))

ENVIRONMENT = """
[environments.bench]
kind = "staging"

# A name that every program can look up, and limits that are in force but out of reach.
[environments.bench.app]
aliases = ["localhost"]
{app}
[environments.bench.network]
port_base = {base}

[environments.bench.edge]
rate = 1000000
burst = 1000000
connections_per_address = 60000

[environments.bench.secrets]
manager = "{manager}"
"""
SHOP = REPOSITORY / "examples" / "shop"
DATABASE = """
[environments.bench.database]
memory = "256MiB"
"""
"""Such servers as one starts by hand on a small machine."""


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
    def venv(self) -> Path:
        """A virtual environment beside it, where one was asked for."""
        return self.folder / "venv"

    @property
    def root(self) -> Path:
        """Where Uz keeps the environment."""
        return self.folder / "home" / self.app / "bench"

    @property
    def release(self) -> Path:
        """The newest release."""
        return sorted((self.root / "releases").glob("[0-9]*[0-9]"))[-1]

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


def steps(done: shell.Completed) -> str:
    """Which service took how many seconds, as `uz up` said."""
    pattern = r"^ +(\S+) +(?:ready after|done in) ([\d.]+) s"
    found: list[tuple[str, str]] = re.findall(pattern, done.stdout, re.MULTILINE)
    return ", ".join(f"{name} {seconds}" for name, seconds in found)


def surroundings() -> dict[str, str]:
    """The caller's environment, but for what keeps Python from storing compiled modules."""
    left_out = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "UZ_HOME"}
    return {name: value for name, value in os.environ.items() if name not in left_out}


@contextmanager
def scratch(
    source: Path, app: str, more: str = "", *, venv: bool = False, manager: str = "file"
) -> Iterator[Scratch]:
    """Copy a project; in the end take down what runs of it and remove everything.

    `more` is written into its `uz.toml`. With `venv`, its packages are installed once and for all,
    and building a release only links them. Secrets lie in a file, as no baseline has a manager;
    `manager` says else.
    """
    place = Scratch(Path(tempfile.mkdtemp(prefix="uz-bench-")), app)
    try:
        place.folder.chmod(0o711)  # the servers' and the app's users pass through
        (place.folder / "home").mkdir(mode=0o711)
        if tools_folder().is_dir():
            (place.folder / "home" / ".tools").symlink_to(tools_folder())
        ignored = shutil.ignore_patterns(".venv", ".state", "__pycache__", ".*_cache")
        shutil.copytree(source, place.project, ignore=ignored)
        own = ""
        if venv:
            _install(place)
            own = f'build = ["ln -s {place.venv} .venv"]\n'
        with (place.project / "uz.toml").open("a") as file:
            file.write(ENVIRONMENT.format(app=own, base=BASE, manager=manager) + more)
        _commit(place.project)
        yield place
    finally:
        try:
            if place.root.exists():
                place.uz("down", "--delete-data", "--yes")
        finally:
            shutil.rmtree(place.folder)


def _install(place: Scratch) -> None:
    pip = (place.venv / "bin" / "pip", "install", "--quiet", "--require-hashes", "-r")
    shell.checked([sys.executable, "-m", "venv", place.venv], timeout=120)
    shell.checked([*pip, place.project / "requirements.lock"], timeout=600)


def _commit(project: Path) -> None:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "bench")):
        shell.checked(["git", "-C", project, *who, *words], timeout=60)
