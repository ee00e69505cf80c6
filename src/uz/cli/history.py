"""`uz history`."""

import argparse

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz history`."""
    parser.add_argument("-n", "--lines", type=int, default=30, help="entries (default: 30)")


def run(arguments: argparse.Namespace) -> int:
    """Print the audit trail: who changed what, when, and how it ended."""
    from uz.operations.place import layout_of
    from uz.spec import load
    from uz.targets.local.layout import machine_trail
    from uz.trail import entries

    screen = Screen()
    layout = layout_of(load(arguments.project.resolve(), arguments.environment))
    both = [*entries(machine_trail(layout.home)), *entries(layout.trail)]
    found = sorted(both, key=lambda one: one.time)[-max(1, arguments.lines) :]
    rows = [(one.time, one.user, one.environment, one.command, one.outcome) for one in found]
    screen.table(("TIME", "WHO", "ENVIRONMENT", "COMMAND", "OUTCOME"), rows)
    return 0
