"""`uz uninstall`."""

import argparse
import shlex
import sys

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz uninstall`."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--list", action="store_true", help="only list what would be removed")
    parser.add_argument(
        "--packages", action="store_true", help="also remove the packages that Uz added"
    )


def run(arguments: argparse.Namespace) -> int:
    """List everything Uz created for this app, ask, and remove it: all environments, all data."""
    from uz.operations.uninstall import removals, uninstall
    from uz.spec import load
    from uz.targets.local.layout import home

    screen = Screen(quiet=arguments.quiet)
    project = arguments.project.resolve()
    app = load(project, arguments.environment).app.name
    found = removals(home(), app, project)
    lines = found.lines(packages=arguments.packages)
    for line in lines:
        screen.line(f"  {line}")
    if not lines:
        screen.line(f"Uz created nothing for {app} on this machine")
        return 0
    if arguments.list:
        return 0
    if not (arguments.yes or _typed(app)):
        screen.line("nothing was changed")
        return 2
    uninstall(found, packages=arguments.packages, progress=screen.step)
    screen.line(f"{app}: everything that Uz created is removed")
    if found.machine and found.machine.packages and not arguments.packages:
        kept = shlex.join(["apt-get", "remove", *found.machine.packages])
        screen.line(f"the packages it added are kept; to remove them: {kept}")
    return 0


def _typed(app: str) -> bool:
    """All data of all environments goes: the app's name is asked for, not a mere yes."""
    if not sys.stdin.isatty():
        print("Not asked, as there is no terminal: use --yes", file=sys.stderr)
        return False
    return input(f"Type {app} to remove all of this, data included: ").strip() == app
