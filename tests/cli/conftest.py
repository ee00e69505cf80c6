"""What tests of the command line ask for: a project, and `uz` in this very process."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from tests.places import HOME_VARIABLE, Projects, short_folder

from uz.cli import main
from uz.operations import place as placing
from uz.testing import MACHINE


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Uz = Callable[..., Said]


@pytest.fixture(autouse=True)
def unchanged() -> Iterator[None]:
    """Give back what a command sets for its whole process: the umask and what signals do."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    umask = os.umask(0o022)
    os.umask(umask)
    yield
    os.umask(umask)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def projects(monkeypatch: pytest.MonkeyPatch) -> Iterator[Projects]:
    """Projects, a home of their own, and a machine that never changes."""
    with short_folder() as folder:
        one = Projects(folder)
        monkeypatch.setenv(HOME_VARIABLE, str(one.home))
        monkeypatch.setattr(placing, "survey", lambda *_: MACHINE)
        yield one


@pytest.fixture
def uz(projects: Projects, capsys: pytest.CaptureFixture[str]) -> Uz:
    """Run a command in the folder of the project."""

    def run(*words: str) -> Said:
        try:
            code = main(["--project", str(projects.folder / "project"), *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run
