from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from uz import programs
from uz.errors import ProgramError
from uz.machine import Program
from uz.programs import (
    REQUIREMENTS,
    OtherVersionError,
    Requirement,
    distribution,
    find,
    needed,
    parse_version,
    require,
)
from uz.spec import Spec
from uz.testing import MACHINE, spec


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("nginx version: nginx/1.22.1", (1, 22, 1)),
        ("nginx version: nginx/1.25.5 (Ubuntu)", (1, 25, 5)),
        ("logrotate 3.21.0\n\n    Default mail command:", (3, 21, 0)),
        ("setpriv from util-linux 2.38.1", (2, 38, 1)),
        ("git version 2.39.5", (2, 39, 5)),
        ("tar (GNU tar) 1.34\nCopyright (C) 2021", (1, 34)),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", (15, 18)),
        ("PgBouncer 1.18.0\nlibevent 2.1.12-stable\nadns: c-ares 1.18.1", (1, 18, 0)),
        ("pgBackRest 2.45", (2, 45)),
        ("restic 0.14.0 compiled with go1.19.8 on linux/amd64", (0, 14, 0)),
        ("v20.20.2", (20, 20, 2)),
        ("11.19.1", (11, 19, 1)),
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


def server(root: Path, major: int, *beside: str) -> Path:
    """A folder with a server of this version, as Debian lays it out, and what comes with it."""
    folder = root / "lib" / str(major) / "bin"
    folder.mkdir(parents=True)
    for name in ("served", *beside):
        (folder / name).write_text(f"#!/bin/sh\necho served {major}.4\n")
        (folder / name).chmod(0o755)
    return folder


def versioned(root: Path, **more: Any) -> Requirement:
    """A requirement that is searched for in folders with a version in their name."""
    folders = f"{root}/lib/*/bin"
    return Requirement("served", "The server", "served", "-v", (1,), {}, folders=folders, **more)


def test_of_several_versions_the_highest_is_taken_by_number(searched: Path) -> None:
    program(searched, "echo served 99.1")
    server(searched, 9)
    highest = server(searched, 15)
    (searched / "lib" / "16" / "bin").mkdir(parents=True)  # its client programs alone
    found = find(versioned(searched))
    assert found is not None
    assert (found.path, found.version) == (f"{highest}/served", (15, 4))


def test_without_such_folders_a_program_is_found_where_programs_are(searched: Path) -> None:
    program(searched, "echo served 15.1")
    found = find(versioned(searched, major=15))
    assert found is not None
    assert found.path == str(searched / "served")


def test_a_version_that_is_named_is_taken(searched: Path) -> None:
    server(searched, 15)
    server(searched, 17)
    found = find(versioned(searched, major=15))
    assert found is not None
    assert found.version_text == "15.4"


@pytest.mark.parametrize(("there", "said"), [((15,), r"\(15 is\)"), ((15, 17), r"\(17, 15 are\)")])
def test_a_version_that_is_not_there_is_told_with_those_that_are(
    searched: Path, there: tuple[int, ...], said: str
) -> None:
    for major in there:
        server(searched, major)
    with pytest.raises(OtherVersionError, match=f"The server 16 is not on this machine {said}"):
        find(versioned(searched, major=16))


def test_a_version_that_is_there_twice_is_told_once(searched: Path) -> None:
    (searched / "served").symlink_to(server(searched, 15) / "served")
    with pytest.raises(OtherVersionError, match=r"\(15 is\)"):
        find(versioned(searched, major=16))


def test_programs_that_must_lie_beside_it_are_named_where_they_do_not(searched: Path) -> None:
    folder = server(searched, 15, "dump")
    assert find(versioned(searched, beside=("dump",)))
    with pytest.raises(ProgramError, match=f"The server: {folder} is without bench, copy"):
        find(versioned(searched, beside=("bench", "dump", "copy")))


def names(of: Spec | None) -> set[str]:
    """The programs that this Spec asks for beyond those that every stack needs."""
    return {one.name for one in needed(of)} - {one.name for one in needed(None)}


@pytest.mark.parametrize(
    ("tables", "asked"),
    [
        ({}, set()),
        ({"redis": {"purpose": "cache"}}, {"redis-server", "strace"}),
        ({"database": {}}, {"postgres", "pgbouncer", "strace"}),
        ({"app": {"command": "node server.js"}}, {"node"}),
        ({"app": {"command": "'npx' next --port $PORT"}}, {"node", "npm"}),
        ({"app": {"build": ["npm ci"]}}, {"node", "npm"}),
        ({"app": {"command": "serve node npm"}}, set()),
        ({"app": {"build": ["nodeenv x", "/opt/node/bin/node x"]}}, set()),
        ({"processes": {"worker": {"command": "node worker.js"}}}, {"node"}),
        (
            {"database": {"migrate": "npx prisma migrate deploy"}},
            {"postgres", "pgbouncer", "strace", "node", "npm"},
        ),
    ],
)
def test_only_what_the_spec_uses_is_needed(tables: dict[str, Any], asked: set[str]) -> None:
    assert names(spec(**tables)) == asked


def test_the_version_that_the_spec_names_has_a_package_of_its_own() -> None:
    (named,) = (one for one in needed(spec(database={"version": 16})) if one.name == "postgres")
    (newest,) = (one for one in needed(spec(database={})) if one.name == "postgres")
    assert (named.major, named.package) == (16, "postgresql-16")
    assert (newest.major, newest.package) == (None, "postgresql")


def test_a_machine_with_everything_is_fine() -> None:
    require(MACHINE)


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(ProgramError) as raised:
        require(replace(MACHINE, programs={}))
    assert all(one.name in str(raised.value) for one in needed(None))
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
            assert tuple(map(int, version.split("."))) >= one.least, one.name


@pytest.mark.parametrize(
    ("tables", "wanted"),
    [
        ({}, set()),
        ({"database": {"pool": 5}}, set()),
        ({"backups": {"local": 1}}, {"restic"}),
        ({"database": {"pool": 5}, "backups": {"local": 1}}, {"restic", "pgbackrest"}),
    ],
)
def test_backups_ask_for_what_takes_them(tables: dict[str, Any], wanted: set[str]) -> None:
    found = {one.name for one in needed(spec(**tables))}
    assert found & {"restic", "pgbackrest"} == wanted


ELSEWHERE = {
    "offsite": "s3://vault",
    "access_key": "ref+vault://secret/shop#/a",
    "secret_key": "ref+vault://secret/shop#/b",
}


@pytest.mark.parametrize(
    ("tables", "now", "rehearsed"),
    [
        ({}, False, False),
        ({"backups": {}}, False, False),
        ({"backups": ELSEWHERE}, False, True),
        ({"backups": {"offsite": "embedded"}}, True, True),
    ],
)
def test_the_store_is_needed_where_uz_runs_it_and_else_for_rehearsals_only(
    tables: dict[str, Any], now: bool, rehearsed: bool
) -> None:
    of = spec(**tables)
    assert ("weed" in {one.name for one in needed(of)}) is now
    assert ("weed" in {one.name for one in needed(of, rehearsed=True)}) is rehearsed
    require(MACHINE, of)


def test_a_store_that_is_missing_or_broken_is_in_the_way_of_rehearsals_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(one: Requirement, _tools: Path | None) -> Program | None:
        if one.name == "weed":
            raise ProgramError("weed version tells no version")
        return MACHINE.programs[one.name]

    monkeypatch.setattr(programs, "find", broken)
    machine = programs.survey(spec(backups=ELSEWHERE))
    require(machine, spec(backups=ELSEWHERE))
    with pytest.raises(ProgramError, match="weed .*the off-site store of rehearsals") as raised:
        require(machine, spec(backups={"offsite": "embedded"}))
    assert "uz doctor --install" in raised.value.hint
    with pytest.raises(ProgramError, match="tells no version"):
        programs.survey(spec(backups={"offsite": "embedded"}))
