"""`uz switchover`."""

import argparse

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz switchover`."""
    parser.add_argument("--to", default="", metavar="SERVER", help="which standby, as in uz status")


def run(arguments: argparse.Namespace) -> int:
    """Make a standby the primary; queries wait meanwhile."""
    from uz.operations.place import changing, place_of
    from uz.operations.switchover import switchover

    screen = Screen(quiet=arguments.quiet)
    place = place_of(arguments.project, arguments.environment)
    with changing(place.layout, " ".join(arguments.words)):
        done = switchover(place.environment, arguments.to, screen.step)
    screen.line(f"{done.after} is the primary; queries waited {done.gap:.1f} s")
    if done.trouble:
        screen.line(f"{done.before} does not follow yet, `uz up` tries again: {done.trouble}")
    return 1 if done.trouble else 0
