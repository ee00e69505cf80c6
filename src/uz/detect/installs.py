"""How the Python packages of an app are installed into `.venv`, from what the repository has."""

import re
from collections.abc import Iterator

from uz.detect.finding import Finding, Remark, Seen, Topic, at
from uz.detect.packages import line_of, requirement_files, table_at
from uz.detect.repository import Repository

VENV = "python3 -m venv .venv"
PIP = ".venv/bin/python -m pip install"
LOCKS = {
    "uv.lock": "uv sync --locked --no-dev",
    "poetry.lock": "poetry install --only main --no-interaction",
    "Pipfile.lock": "pipenv sync",
}
"""Locks that only their own tool reads. Each of these tools uses a `.venv` that is there."""


def python_build(repository: Repository, folder: str) -> Iterator[Seen]:
    """The build steps for the packages that this folder declares."""
    here = f"{folder}/" if folder else ""
    files = [path for path in requirement_files(repository, folder) if not path.endswith(".in")]
    hashed = [path for path in files if "--hash=" in repository.text(path)]
    lock = next((name for name in LOCKS if here + name in repository), "")
    if hashed:
        path = min(hashed, key=_for_production)
        line = line_of(repository.text(path), "--hash=")
        yield from _steps(f"--require-hashes -r {path}", at(path, line, "hashes of all packages"))
    elif lock and not folder:
        tool = LOCKS[lock].split()[0]
        yield Finding("app.build", VENV, f"{lock}: {tool} installs into a .venv that is there")
        yield Finding("app.build", LOCKS[lock], f"{lock} (needs the program {tool} here)")
    elif files:
        path = min(files, key=_for_production)
        yield from _steps(f"-r {path}", at(path, 1, repository.text(path).split("\n")[0]))
        yield _unlocked(path)
    elif table_at(repository.toml(f"{here}pyproject.toml"), "project"):
        yield from _from_project(repository, folder)
    else:
        yield Remark(
            Topic.MISSING,
            "how to install the Python packages: no requirements.txt, lock or [project] was found"
            + (f" that works from the top; run `uz init` in {folder}" if lock else ""),
            about="app.build",
        )


def _steps(what: str, because: str) -> Iterator[Finding]:
    yield Finding("app.build", VENV, because)
    yield Finding("app.build", f"{PIP} {what}", because)


def _from_project(repository: Repository, folder: str) -> Iterator[Seen]:
    path = f"{folder}/pyproject.toml".lstrip("/")
    line = line_of(repository.text(path), r"(?m)^\[project\]")
    place = at(path, line, "[project]")
    yield Finding("app.build", VENV, place)
    yield Finding("app.build", f"{PIP} {f'./{folder}' if folder else '.'}", place, sure=False)
    yield _unlocked(path)


def _unlocked(path: str) -> Remark:
    return Remark(
        Topic.CHANGE,
        f"{path} does not lock versions by hash: two builds may differ (pip-compile"
        " --generate-hashes or uv export write a requirements.lock)",
        about="app.build",
    )


def _for_production(path: str) -> tuple[bool, bool, bool, str]:
    """The file to prefer: for production, a lock, the plain name."""
    name = path.rpartition("/")[2]
    plain = name == "requirements.txt"
    return (not re.search("prod", name), not name.endswith(".lock"), not plain, path)
