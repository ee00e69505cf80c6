from dataclasses import replace
from pathlib import Path

import pytest

from uz import programs
from uz.errors import ProgramError
from uz.programs import REQUIREMENTS, Requirement, distribution, find, parse_version, require
from uz.testing import MACHINE


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("nginx version: nginx/1.22.1", (1, 22, 1)),
        ("nginx version: nginx/1.25.5 (Ubuntu)", (1, 25, 5)),
        ("logrotate 3.21.0\n\n    Default mail command:", (3, 21, 0)),
        ("setpriv from util-linux 2.38.1", (2, 38, 1)),
        ("git version 2.39.5", (2, 39, 5)),
        ("tar (GNU tar) 1.34\nCopyright (C) 2021", (1, 34)),
        ("no version here, only 7", None),
    ],
)
def test_the_version_is_found_in_what_programs_print(
    printed: str, version: tuple[int, ...] | None
) -> None:
    assert parse_version(printed) == version


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ('ID=debian\nVERSION_ID="12"\n', "debian 12"),
        ('VERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n', "ubuntu 24.04"),
        ("ID=arch\n", "arch"),
        ("", "unknown"),
    ],
)
def test_a_distribution_is_named(release: str, name: str) -> None:
    assert distribution(release) == name


def program(folder: Path, script: str) -> Requirement:
    """A requirement whose program is this script."""
    (folder / "served").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "served").chmod(0o755)
    return Requirement("served", "serving", "served", "-v", (1, 0), {})


@pytest.fixture
def searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(programs, "SEARCHED", str(tmp_path))
    return tmp_path


def test_a_program_is_found_with_its_version_also_on_standard_error(searched: Path) -> None:
    found = find(program(searched, "echo served/2.3.4 >&2"))
    assert found is not None
    assert (found.path, found.version) == (str(searched / "served"), (2, 3, 4))


def test_a_program_that_is_not_there_is_none(searched: Path) -> None:
    assert find(Requirement("absent", "", "", "-v", (1,), {})) is None
    assert searched.is_dir()


def test_a_program_that_tells_no_version_is_an_error(searched: Path) -> None:
    with pytest.raises(ProgramError, match="tells no version: hello"):
        find(program(searched, "echo hello"))


def test_a_machine_with_everything_is_fine() -> None:
    require(MACHINE)


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(ProgramError) as raised:
        require(replace(MACHINE, programs={}))
    assert all(one.name in str(raised.value) for one in REQUIREMENTS if not one.when)
    assert "redis-server" not in str(raised.value)
    assert "uz doctor --install" in raised.value.hint


def test_a_program_that_is_too_old_is_named_with_both_versions() -> None:
    old = replace(MACHINE.programs["nginx"], version=(1, 14, 2))
    with pytest.raises(ProgramError, match=r"nginx 1\.14\.2 is too old, 1\.19\.5 is needed"):
        require(replace(MACHINE, programs={**MACHINE.programs, "nginx": old}))


def test_the_survey_tells_facts_of_this_machine() -> None:
    machine = programs.survey()
    assert machine.cores >= 1
    assert machine.memory > 2**20
    assert set(machine.programs) <= {one.name for one in REQUIREMENTS}
    assert programs.this_distribution()


def test_what_is_known_to_work_is_new_enough() -> None:
    for one in REQUIREMENTS:
        for version in one.known.values():
            assert (parse_version(version) or ()) >= one.least, one.name
