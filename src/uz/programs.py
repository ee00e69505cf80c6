"""The server programs: which are needed, where they are, in what version, and how to get them."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path

from uz.errors import ProgramError
from uz.machine import OPENBAO, SEAWEEDFS, Machine, Program
from uz.shell import run
from uz.spec import Spec

SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class OtherVersionError(ProgramError):
    """The version that `uz.toml` names is not there, and another one is."""


@dataclass(frozen=True)
class Requirement:
    """One program: what it is for, how it tells its version, and the package it comes in.

    `known` maps a distribution to the version that was tried with Uz there. `units` are the system
    services that the package would start by itself, `units_package` the package that brings them
    where it is another. `least` is the oldest version that works.

    `when` names the tables of `uz.toml` that ask for it, `together` those that do where all of them
    are there, `commands` the programs that do so when a command of `uz.toml` starts with one;
    without any every stack needs it.

    `tool` is its folder among Uz's own tools, where it is looked for last: `uz doctor --install`
    puts it there, as it comes in no package of a distribution.

    `folders` is a pattern of folders that are searched first, from the highest version down;
    `beside` are further programs that must lie in the same folder. `major` is the version that
    `uz.toml` names.
    """

    name: str
    purpose: str
    package: str
    version_option: str
    least: tuple[int, ...]
    known: dict[str, str]
    units: tuple[str, ...] = ()
    units_package: str = ""
    when: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    tool: str = ""
    folders: str = ""
    beside: tuple[str, ...] = ()
    major: int | None = None


REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        "nginx",
        "the TLS edge",
        "nginx",
        "-v",
        (1, 19, 5),
        {"debian 12": "1.22", "debian 13": "1.26", "ubuntu 24.04": "1.24"},
        units=("nginx.service",),
    ),
    Requirement(
        "logrotate",
        "rotation of the access log",
        "logrotate",
        "--version",
        (3, 8),
        {"debian 12": "3.21", "debian 13": "3.22", "ubuntu 24.04": "3.21"},
    ),
    Requirement(
        "redis-server",
        "Redis",
        "redis-server",
        "--version",
        (6, 2),
        {"debian 12": "7.0", "debian 13": "8.0", "ubuntu 24.04": "7.0"},
        units=("redis-server.service",),
        when=("redis",),
    ),
    Requirement(
        "postgres",
        "PostgreSQL",
        "postgresql",
        "--version",
        (15,),
        {"debian 12": "15", "debian 13": "17", "ubuntu 24.04": "16"},
        units=("postgresql.service",),
        units_package="postgresql-common",
        when=("database",),
        folders="/usr/lib/postgresql/*/bin",
        beside=(
            "initdb",
            "pg_basebackup",
            "pg_controldata",
            "pg_ctl",
            "pg_isready",
            "pg_rewind",
            "pgbench",
            "psql",
        ),
    ),
    Requirement(
        "pgbouncer",
        "pooling of database connections",
        "pgbouncer",
        "--version",
        (1, 16),
        {"debian 12": "1.18", "debian 13": "1.24", "ubuntu 24.04": "1.22"},
        units=("pgbouncer.service",),
        when=("database",),
    ),
    Requirement(
        "pgbackrest",
        "backups of the database",
        "pgbackrest",
        "version",
        (2, 39),
        {"debian 12": "2.45", "debian 13": "2.55", "ubuntu 24.04": "2.50"},
        together=("database", "backups"),
    ),
    Requirement(
        "restic",
        "backups of files",
        "restic",
        "version",
        (0, 14),
        {"debian 12": "0.14", "debian 13": "0.18", "ubuntu 24.04": "0.16"},
        when=("backups",),
    ),
    Requirement(
        "bao",
        "OpenBao, the secrets manager",
        "",
        "version",
        (2, 4),
        {"debian 12": "2.7", "debian 13": "2.7", "ubuntu 24.04": "2.7"},
        tool=OPENBAO,
    ),
    Requirement(
        "weed",
        "SeaweedFS, the off-site store of rehearsals and demonstrations",
        "",
        "version",
        (4, 48),
        {"debian 12": "4.48", "debian 13": "4.48", "ubuntu 24.04": "4.48"},
        tool=SEAWEEDFS,
    ),
    Requirement(
        "strace",
        "watching servers sync, for the proofs of durability",
        "strace",
        "--version",
        (4, 20),
        {"debian 12": "6.1", "debian 13": "6.13", "ubuntu 24.04": "6.8"},
        when=("redis", "database"),
    ),
    Requirement(
        "node",
        "the app's commands",
        "nodejs",
        "--version",
        (18, 18),
        {"debian 12": "18.20", "debian 13": "20.19", "ubuntu 24.04": "18.19"},
        commands=("node", "npm", "npx"),
    ),
    Requirement(
        "npm",
        "the app's commands",
        "npm",
        "--version",
        (8,),
        {"debian 12": "9.2", "debian 13": "9.2", "ubuntu 24.04": "9.2"},
        commands=("npm", "npx"),
    ),
    Requirement(
        "setpriv",
        "dropping rights at start",
        "util-linux",
        "--version",
        (2, 33),
        {"debian 12": "2.38", "debian 13": "2.41", "ubuntu 24.04": "2.39"},
    ),
    Requirement(
        "git",
        "releases from commits",
        "git",
        "--version",
        (2, 36),
        {"debian 12": "2.39", "debian 13": "2.47", "ubuntu 24.04": "2.43"},
    ),
    Requirement(
        "tar",
        "releases from commits",
        "tar",
        "--version",
        (1, 28),
        {"debian 12": "1.34", "debian 13": "1.35", "ubuntu 24.04": "1.35"},
    ),
)
"""Every program that Uz runs, but for Python and what Python's packages bring."""


def distribution(release: str) -> str:
    """Name a distribution from the text of /etc/os-release: `debian 12`, `ubuntu 24.04`."""
    values = dict(re.findall(r'^([A-Z_]+)="?([^"\n]*)"?$', release, re.MULTILINE))
    return f"{values.get('ID', 'unknown')} {values.get('VERSION_ID', '')}".strip()


def this_distribution() -> str:
    """Name the distribution of this machine."""
    try:
        return distribution(Path("/etc/os-release").read_text())
    except OSError:
        return "unknown"


def find(requirement: Requirement, tools: Path | None = None) -> Program | None:
    """Look for a program and ask its version; None where it is not there. `tools`: where Uz keeps
    those of its own.

    Raises ProgramError where it is there and does not say its version, where only another version
    than the one named is there, and where the programs that come with it are not.
    """
    others: dict[str, None] = {}
    for path in _paths(requirement, tools):
        program = _ask(requirement, path)
        if requirement.major in {None, program.version[0]}:
            return _whole(program, requirement)
        others[str(program.version[0])] = None
    if others:
        there = f"{', '.join(others)} {'is' if len(others) == 1 else 'are'}"
        raise OtherVersionError(
            f"{requirement.purpose} {requirement.major} is not on this machine ({there})",
            hint="`uz doctor --install` asks the distribution for it; or name another in uz.toml.",
        )
    return None


def _paths(requirement: Requirement, tools: Path | None) -> Iterator[str]:
    found = glob(requirement.folders)  # noqa: PTH207 - from the root, and may be empty
    folders = sorted(found, key=_numbers, reverse=True)
    own = [str(tools / requirement.tool)] if tools and requirement.tool else []
    for folder in (*folders, SEARCHED, *own):
        path = shutil.which(requirement.name, path=folder)
        if path is not None:
            yield path


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _ask(requirement: Requirement, path: str) -> Program:
    done = run([path, requirement.version_option], timeout=10)
    version = parse_version(done.stdout + done.stderr)
    if version is None:
        raise ProgramError(f"{path} {requirement.version_option} tells no version: {done.tail(2)}")
    return Program(requirement.name, path, version)


def _whole(program: Program, requirement: Requirement) -> Program:
    """The same program, where all that must come with it is there."""
    folder = str(Path(program.path).parent)
    absent = [name for name in requirement.beside if not shutil.which(name, path=folder)]
    if absent:
        raise ProgramError(
            f"{requirement.purpose}: {folder} is without {', '.join(absent)}",
            hint="Install the rest of it: server and client programs must be of one version.",
        )
    return program


def parse_version(text: str) -> tuple[int, ...] | None:
    """Find the first version number in what a program printed."""
    found = re.search(r"(?<![\w.])(?:nginx/|v)?(\d+(?:\.\d+)+)", text)
    return tuple(int(part) for part in found[1].split(".")) if found else None


def needed(spec: Spec | None, *, rehearsed: bool = False) -> tuple[Requirement, ...]:
    """The programs that a Spec asks for; without one, those that every stack needs.

    `rehearsed`: those as well that only a rehearsal of it asks for, whose off-site store Uz runs.
    """
    found = [one for one in REQUIREMENTS if _asked(one, spec, rehearsed=rehearsed)]
    return tuple(_named(one, spec) for one in found)


def _asked(one: Requirement, spec: Spec | None, *, rehearsed: bool) -> bool:
    if one.name == "bao":
        return spec is None or spec.secrets.embedded
    if one.name == "weed":
        backups = spec.backups if spec else None
        return backups is not None and (
            backups.embedded or (rehearsed and backups.offsite is not None)
        )
    if not one.when and not one.together and not one.commands:
        return True
    if spec is None:
        return False
    started = {shlex.split(command)[0] for command in _commands(spec)}
    return (
        any(getattr(spec, table) for table in one.when)
        or (bool(one.together) and all(getattr(spec, table) for table in one.together))
        or not started.isdisjoint(one.commands)
    )


def _commands(spec: Spec) -> Iterator[str]:
    """All commands of the app that `uz.toml` has."""
    yield spec.app.command
    yield from spec.app.build
    for process in spec.processes.values():
        yield process.command
    if spec.database and spec.database.migrate:
        yield spec.database.migrate


def _named(one: Requirement, spec: Spec | None) -> Requirement:
    """The requirement for the version that the Spec names: its package has that in its name."""
    version = spec.database.version if spec and spec.database else None
    if one.name != "postgres" or version is None:
        return one
    return replace(one, major=version, package=f"{one.package}-{version}")


def survey(spec: Spec | None = None, tools: Path | None = None) -> Machine:
    """Gather the facts of this machine, with the programs that a Spec asks for.

    Those that only a rehearsal asks for are among them where they are there. Raises ProgramError.
    """
    asked = needed(spec)
    more = (one for one in needed(spec, rehearsed=True) if one not in asked)
    found = [*(find(one, tools) for one in asked), *(_if_whole(one, tools) for one in more)]
    return Machine(
        cores=os.cpu_count() or 1,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        isolated=os.geteuid() == 0,
        ipv6=Path("/proc/net/if_inet6").exists(),
        programs={program.name: program for program in found if program},
    )


def _if_whole(requirement: Requirement, tools: Path | None) -> Program | None:
    """A program that nothing depends on now; one that is broken is as good as none."""
    try:
        return find(requirement, tools)
    except ProgramError:
        return None


def require(machine: Machine, spec: Spec | None = None) -> None:
    """Raise ProgramError, once for all, where programs are missing or too old."""
    missing = [one for one in needed(spec) if one.name not in machine.programs]
    if missing:
        raise ProgramError(
            "not on this machine: " + ", ".join(f"{one.name} ({one.purpose})" for one in missing),
            hint="`uz doctor --install` installs what is missing.",
        )
    old = [one for one in needed(spec) if machine.programs[one.name].version < one.least]
    if old:
        one = old[0]
        raise ProgramError(
            f"{one.name} {machine.programs[one.name].version_text} is too old,"
            f" {'.'.join(map(str, one.least))} is needed",
            hint="Use a distribution that `uz doctor` knows.",
        )
