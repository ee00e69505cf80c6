import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.scanning.conftest import VALUE

from uz.scanning.finding import Finding, Gap, Kind, Looked
from uz.scanning.places import Things
from uz.scanning.processes import given

Search = Callable[[Things], Looked]
TEXT = VALUE.decode()
WAIT = "import sys; print('up', flush=True); sys.stdin.read()"


@pytest.fixture
def leaky() -> Iterator[int]:
    """A process with the value in one argument and one variable; and a variable named like it."""
    name, _, rest = TEXT.partition("=")
    environment = {"PATH": os.environ["PATH"], "API_KEY": f"Bearer {TEXT}", f"_{name}": rest}
    words = [sys.executable, "-c", WAIT, f"--key={TEXT}"]
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield process.pid
        process.kill()


def of(pid: int, looked: Looked) -> list[Finding]:
    """What was found in one process."""
    return [one for one in looked.findings if one.spot.pid == pid]


@pytest.mark.live
def test_arguments_and_variables_of_a_process_are_looked_at(search: Search, leaky: int) -> None:
    argument, named, variable = sorted(
        of(leaky, search(given())), key=lambda one: (one.spot.kind, one.spot.variable)
    )
    assert argument.spot.kind is Kind.ARGUMENT
    assert argument.spot.name.startswith(f"process {leaky} (")
    assert argument.spot.name.endswith("), argument 3")
    assert variable.spot.kind is Kind.VARIABLE
    assert (variable.spot.variable, variable.times) == ("API_KEY", 1)
    assert variable.spot.name.endswith("), variable API_KEY")
    assert named.spot.variable == ""
    assert TEXT not in repr([argument, variable, named])


@pytest.mark.live
def test_a_value_that_an_argument_only_begins_with_is_found_where_it_is(
    search: Search, tmp_path: Path
) -> None:
    process = tmp_path / "7"
    process.mkdir()
    (process / "comm").write_text("app\n")
    (process / "cmdline").write_bytes(b"app\0\0" + VALUE + b"\0")
    (process / "environ").write_bytes(b"A=1\0B==" + VALUE + b"\0broken\0" + VALUE)
    names = [one.spot.name for one in search(given(tmp_path)).findings]
    assert names == [
        "process 7 (app), argument 2",
        "process 7 (app), variable B",
        "process 7 (app), its environment",
    ]


def test_its_own_process_is_one_of_them(search: Search) -> None:
    own = [one for one in given() if not isinstance(one, Gap) and one.pid == os.getpid()]
    assert {one.kind for one in own} == {Kind.ARGUMENT, Kind.VARIABLE}


def test_a_process_that_ends_meanwhile_is_no_gap(search: Search, tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7/comm").write_text("gone")
    (tmp_path / "self").mkdir()
    looked = search(given(tmp_path))
    assert (looked.things, looked.gaps) == (0, ())


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """Two processes whose environment cannot be read, though they are this user's."""
    for pid in ("7", "8"):
        (tmp_path / pid / "environ").mkdir(parents=True)  # reading it fails, for root as well
        (tmp_path / pid / "comm").write_text("app")
        (tmp_path / pid / "cmdline").write_bytes(b"app\0")
    return tmp_path


def test_what_may_not_be_read_is_counted(search: Search, closed: Path) -> None:
    looked = search(given(closed))
    assert looked.things == 2
    (gap,) = looked.gaps
    assert gap.why.startswith("2 may not be read, although this user should: 7, 8 (")
    assert not gap.minor


def test_that_an_ordinary_user_cannot_read_other_users_matters_less(
    search: Search, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    (gap,) = search(given(closed)).gaps
    assert gap == Gap("processes", "2 of other users may not be read", minor=True)
