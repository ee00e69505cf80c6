"""`uz switchover`."""

import argparse

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz switchover`."""
    parser.add_argument("--to", default="", metavar="SERVER", help="which standby, as in uz status")


def run(arguments: argparse.Namespace) -> int:
    """Make a standby the primary; queries wait meanwhile."""
    from uz.operations.place import changing, place_of, same_project
    from uz.operations.settle import (
        database_that_is_up,
        refuse_half_restored,
        stopped_by_now,
    )
    from uz.operations.switchover import switchover

    screen = Screen(quiet=arguments.quiet)
    place = place_of(arguments.project, arguments.environment)
    same_project(place.layout, place.project)
    env = database_that_is_up(place)
    with changing(place.layout, " ".join(arguments.words)):
        stopped_by_now(env)
        refuse_half_restored(place, screen.step)
        done = switchover(env, arguments.to, screen.step)
    how = "an interrupted one is finished"
    if done.gap is not None:
        how = f"queries waited {done.gap:.1f} s"
    screen.line(f"{done.after} is the primary; {how}")
    for node, why in done.trouble.items():
        screen.line(f"{node} does not follow yet, `uz up` tries again: {why}")
    return 1 if done.trouble else 0
