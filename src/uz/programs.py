"""The server programs: which are needed, where they are, in what version, and how to get them."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from uz.errors import ProgramError
from uz.machine import Machine, Program
from uz.shell import run
from uz.spec import Spec

SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Requirement:
    """One program: what it is for, how it tells its version, and the package it comes in.

    `known` maps a distribution to the version that was tried with Uz there. `units` are the system
    services that the package would start by itself. `least` is the oldest version that works.
    `when` is the table of `uz.toml` that asks for it; without one every stack needs it.
    """

    name: str
    purpose: str
    package: str
    version_option: str
    least: tuple[int, ...]
    known: dict[str, str]
    units: tuple[str, ...] = ()
    when: str = ""


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
        when="redis",
    ),
    Requirement(
        "strace",
        "watching Redis sync, for the proof of redis.durable",
        "strace",
        "--version",
        (4, 20),
        {"debian 12": "6.1", "debian 13": "6.13", "ubuntu 24.04": "6.8"},
        when="redis",
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


def find(requirement: Requirement) -> Program | None:
    """Look for a program and ask its version; None where it is not there.

    Raises ProgramError where it is there and does not say its version.
    """
    path = shutil.which(requirement.name, path=SEARCHED)
    if path is None:
        return None
    done = run([path, requirement.version_option], timeout=10)
    version = parse_version(done.stdout + done.stderr)
    if version is None:
        raise ProgramError(f"{path} {requirement.version_option} tells no version: {done.tail(2)}")
    return Program(requirement.name, path, version)


def parse_version(text: str) -> tuple[int, ...] | None:
    """Find the first version number in what a program printed."""
    found = re.search(r"(?<![\w.])(?:nginx/)?(\d+(?:\.\d+)+)", text)
    return tuple(int(part) for part in found[1].split(".")) if found else None


def needed(spec: Spec | None) -> tuple[Requirement, ...]:
    """The programs that a Spec asks for; without one, those that every stack needs."""
    return tuple(one for one in REQUIREMENTS if not one.when or getattr(spec, one.when, None))


def survey(spec: Spec | None = None) -> Machine:
    """Gather the facts of this machine, with the programs that a Spec asks for."""
    found = (find(requirement) for requirement in needed(spec))
    return Machine(
        cores=os.cpu_count() or 1,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        isolated=os.geteuid() == 0,
        ipv6=Path("/proc/net/if_inet6").exists(),
        programs={program.name: program for program in found if program},
    )


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
