"""`uz doctor --install`: packages, users, the permission for low ports, and the scanner.

Nothing that was there before is touched: packages are only added, and of the packages that this run
adds the services are kept from starting, now and at the next boot. What is made is written into the
ledger, so that `uz uninstall` can take exactly that back.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from uz import trail
from uz.errors import ProgramError
from uz.operations.doctor import Finding, apt_command
from uz.programs import REQUIREMENTS
from uz.shell import run
from uz.targets.local.folders import folder, write
from uz.targets.local.layout import home, machine_trail
from uz.targets.local.ledger import Ledger, listed, read_ledger, write_ledger
from uz.targets.local.prepare import prepare_home
from uz.targets.local.tools import (
    install_gitleaks,
    install_openbao,
    install_seaweedfs,
    install_sslyze,
    tools_folder,
)
from uz.targets.local.users import isolated, missing_users

POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian asks this script before a package starts a service: 101 means no."""
POLICY_TEXT = "#!/bin/sh\n# by `uz doctor --install`, while it runs\nexit 101\n"
SYSCTL = Path("/etc/sysctl.d/60-uz-edge.conf")
SYSCTL_TEXT = """\
# Written by `uz doctor --install`: every user may open ports from 80 on, so that the edge of an
# ordinary user can serve 80 and 443. `uz uninstall` removes this file.
net.ipv4.ip_unprivileged_port_start = 80
"""
CLUSTERS = Path("/etc/postgresql-common/createcluster.d/uz.conf")
"""Debian's packages of PostgreSQL read this before they make a database server of their own. It is
included by their own `createcluster.conf`, which stays as they write it."""
CLUSTERS_TEXT = """\
# Written by `uz doctor --install`: installing PostgreSQL makes and starts no server on port 5432,
# as Uz makes its own. `uz uninstall` removes this file.
create_main_cluster = false
"""

INSTALLERS: dict[str, Callable[[], Path]] = {
    "bao": install_openbao,
    "gitleaks": install_gitleaks,
    "sslyze": install_sslyze,
    "weed": install_seaweedfs,
}
"""What lives in Uz's own folder."""

Progress = Callable[[str, str], None]


def _record(what: str) -> None:
    trail.record(machine_trail(home()), "machine", "uz doctor --install", what)


def install_machine(
    findings: tuple[Finding, ...], *, ordinary_user: bool, progress: Progress
) -> None:
    """Do what needs root. `ordinary_user`: the stack will run as one. Raises UzError."""
    top = home()
    prepare_home(top)
    ledger = read_ledger(top)
    command = apt_command(findings)
    if command:
        if brings_postgresql(command) and not CLUSTERS.exists():
            ledger = _no_cluster(top, ledger)
        ledger = _packages(command, top, ledger, progress)
    if not ordinary_user:
        for name in missing_users():
            _checked(["useradd", "--system", "--user-group", "--no-create-home", "--home-dir",
                      "/nonexistent", "--shell", "/usr/sbin/nologin", name])  # fmt: skip
            ledger = ledger.with_more(users=(name,))
            write_ledger(top, ledger)
            _record(f"user {name}")
            progress(name, "system user created")
    elif any(one.name == "ports" and not one.fine for one in findings):
        write(SYSCTL, SYSCTL_TEXT, 0o644)
        write_ledger(top, ledger.with_more(files=(str(SYSCTL),)))
        _checked(["sysctl", "--quiet", "--load", str(SYSCTL)])
        _record(f"file {SYSCTL}")
        progress("ports", f"every user of this machine may now open ports from 80 on ({SYSCTL})")


def install_tools(findings: tuple[Finding, ...], progress: Progress) -> None:
    """Install what lives in Uz's own folder. Raises UzError."""
    for one in findings:
        if one.name in INSTALLERS and not one.fine:
            prepare_home(home())
            # OpenBao runs as the servers' user, who has to pass
            folder(tools_folder(), 0o711 if isolated() else 0o700)
            INSTALLERS[one.name]()
            _record(f"{one.name} installed")
            progress(one.name, f"installed into {tools_folder()}")


def brings_postgresql(command: list[str]) -> bool:
    """Whether this command installs a PostgreSQL server."""
    return any(word.startswith("postgresql") for word in command)


def _no_cluster(top: Path, ledger: Ledger) -> Ledger:
    """Keep the packages from making a server; what is made for that is in the ledger before."""
    made = [path for path in (CLUSTERS.parent.parent, CLUSTERS.parent) if not path.exists()]
    ledger = ledger.with_more(files=(str(CLUSTERS),), folders=tuple(map(str, made)))
    write_ledger(top, ledger)
    for path in made:
        folder(path, 0o755)
    write(CLUSTERS, CLUSTERS_TEXT, 0o644)
    _record(f"file {CLUSTERS}")
    return ledger


def _packages(command: list[str], top: Path, ledger: Ledger, progress: Progress) -> Ledger:
    """Install packages. Where apt fails half-way, those that it added are in the ledger too."""
    before = _installed()
    try:
        with _no_autostart():
            _checked(["apt-get", "update", "-q"])
            _checked(command)
    finally:
        added = tuple(sorted(_installed() - before))
        units = _units(added)
        for unit in units:
            _never_start(unit)
            progress(unit, "does not start by itself: Uz starts its own, on its own ports")
        if added:
            ledger = ledger.with_more(packages=added, disabled_units=units)
            write_ledger(top, ledger)
            _record(f"packages {' '.join(added)}")
            progress("packages", f"{len(added)} added: {listed(added)}")
    return ledger


def _units(added: tuple[str, ...]) -> tuple[str, ...]:
    """The services that these packages would start."""
    brought = (one for one in REQUIREMENTS if (one.units_package or one.package) in added)
    return tuple(unit for one in brought for unit in one.units)


def _installed() -> set[str]:
    done = run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n"], timeout=60)
    return {line.split()[0] for line in done.stdout.splitlines() if line.split()[-1:] == ["ii"]}


@contextmanager
def _no_autostart() -> Iterator[None]:
    """Keep packages from starting their services; somebody else's policy is left as it is.

    One of Uz's own that is there already was left behind by a run that was killed.
    """
    if POLICY.exists() and POLICY.read_text(errors="replace") != POLICY_TEXT:
        yield
        return
    write(POLICY, POLICY_TEXT, 0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def _never_start(unit: str) -> None:
    name = unit.removesuffix(".service")
    if shutil.which("systemctl"):
        run(["systemctl", "disable", "--now", unit], timeout=60)
    elif shutil.which("update-rc.d"):
        run(["update-rc.d", name, "disable"], timeout=60)


def _checked(command: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = run(command, timeout=1200, environment=environment)
    if not done.ok:
        raise ProgramError(
            f"{' '.join(command[:3])} failed ({done.code}):\n{done.tail()}",
            hint="Mend what it says, and run `uz doctor --install` again.",
        )
