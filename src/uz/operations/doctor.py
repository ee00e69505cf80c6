"""Looking at the machine: what the stack needs, what is there, and how to get the rest."""

import os
from dataclasses import dataclass

from uz.errors import UzError
from uz.machine import Program
from uz.programs import OtherVersionError, Requirement, find, needed, this_distribution
from uz.spec import Spec
from uz.targets.local.ports import UNPRIVILEGED, may_bind_low_ports
from uz.targets.local.tools import (
    GITLEAKS,
    SSLYZE_VERSION,
    gitleaks_program,
    sslyze_program,
    tools_folder,
)
from uz.targets.local.users import isolated, missing_users

TOOLS = frozenset({"bao", "gitleaks", "sslyze", "weed"})
"""What Uz keeps in its own folder, and any user can install for himself."""


@dataclass(frozen=True)
class Finding:
    """One thing the stack needs. `fine`: it is there and works; `note` says what is known of it."""

    name: str
    purpose: str
    fine: bool
    found: str
    note: str
    package: str = ""


def examine(
    lowest_port: int, spec: Spec | None = None, *, ordinary_user: bool = False
) -> tuple[Finding, ...]:
    """Look at the programs that a Spec and its rehearsals need, at users, permissions and tools.

    `lowest_port`: the lowest that the edge opens. `ordinary_user`: root asks, but the stack will
    run as an ordinary user, who has the scanner already.
    """
    here = this_distribution()
    wanted = needed(spec, rehearsed=True)
    known = [one for one in wanted if not (one.tool and ordinary_user)]
    programs = [_program(requirement, here) for requirement in known]
    parted = isolated() and not ordinary_user
    scanners = () if ordinary_user else (_scanner(), _secret_scanner())
    return (*programs, *scanners, _users(parted), _ports(lowest_port, parted))


def _program(requirement: Requirement, here: str) -> Finding:
    try:
        program = find(requirement, tools_folder())
    except OtherVersionError as error:
        return _absent(requirement, here, str(error))
    except UzError as error:
        return Finding(requirement.name, requirement.purpose, False, "", str(error))
    if program is None:
        return _absent(requirement, here, "not found")
    note, fine = _known(requirement, program, here)
    found = f"{program.version_text} ({program.path})"
    return Finding(requirement.name, requirement.purpose, fine, found, note)


def _absent(requirement: Requirement, here: str, note: str) -> Finding:
    known = requirement.known.get(here)
    if requirement.major and known not in {None, str(requirement.major)}:
        note += f"; {here} brings {known}"
    return Finding(requirement.name, requirement.purpose, False, "", note, requirement.package)


def _known(requirement: Requirement, program: Program, here: str) -> tuple[str, bool]:
    if program.version < requirement.least:
        return f"too old: {'.'.join(map(str, requirement.least))} is needed", False
    known = requirement.known.get(here)
    if known is None:
        return f"not tried on {here}", True
    if program.version_text == known or program.version_text.startswith(f"{known}."):
        return "known to work", True
    return f"not tried: on {here} it was {known}", True


def _scanner() -> Finding:
    try:
        found = f"{SSLYZE_VERSION} ({sslyze_program()})"
        return Finding("sslyze", "proof of tls.strong", True, found, "known to work")
    except UzError:
        return Finding("sslyze", "proof of tls.strong", False, "", "not found")


def _secret_scanner() -> Finding:
    purpose = "proof of secrets.no-plaintext"
    try:
        found = f"{GITLEAKS.partition('-')[2]} ({gitleaks_program()})"
        return Finding("gitleaks", purpose, True, found, "known to work")
    except UzError:
        return Finding("gitleaks", purpose, False, "", "not found")


def _users(parted: bool) -> Finding:
    purpose = "servers and app as users of their own"
    if not parted:
        return Finding("users", purpose, True, "", "off: only root can part them")
    missing = missing_users()
    note = f"missing: {', '.join(missing)}" if missing else "they exist"
    return Finding("users", purpose, not missing, "", note)


def _ports(lowest: int, parted: bool) -> Finding:
    purpose = f"the edge on port {lowest}" if lowest < 1024 else "the edge's ports"
    first = int(UNPRIVILEGED.read_text())
    if lowest >= first:
        return Finding("ports", purpose, True, "", f"open to every user from {first} on")
    if parted:
        note = "given to the edge alone when it starts (CAP_NET_BIND_SERVICE)"
        return Finding("ports", purpose, True, "", note)
    if may_bind_low_ports():
        return Finding("ports", purpose, True, "", "granted to this process (CAP_NET_BIND_SERVICE)")
    return Finding("ports", purpose, False, "", f"this user may open ports from {first} on only")


def apt_command(findings: tuple[Finding, ...]) -> list[str]:
    """The one command that installs the missing packages, or nothing."""
    packages = sorted({finding.package for finding in findings if finding.package})
    if not packages:
        return []
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def can_install() -> str:
    """Why Uz cannot install here, or nothing where it can."""
    here = this_distribution()
    if here.split()[0] not in {"debian", "ubuntu"}:
        return f"{here} is not a distribution whose packages Uz knows"
    return ""


def privileged() -> bool:
    """Whether this process may change the machine."""
    return os.geteuid() == 0
