"""`uz failover`."""

import argparse

from uz.cli.screen import Screen

QUESTION = "Promote a standby? What the lost primary had not sent to it is lost."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz failover`."""
    parser.add_argument("--to", default="", metavar="SERVER", help="which standby, as in uz status")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(arguments: argparse.Namespace) -> int:
    """Make a standby the primary after the primary was lost."""
    from uz.cli.asking import agreed
    from uz.operations.failover import failover, lost
    from uz.operations.place import changing, place_of, same_project
    from uz.operations.settle import (
        database_that_is_up,
        refuse_half_restored,
        stopped_by_now,
    )

    screen = Screen(quiet=arguments.quiet)
    place = place_of(arguments.project, arguments.environment)
    same_project(place.layout, place.project)
    env = database_that_is_up(place)
    screen.line(lost(env))
    if not agreed(QUESTION, yes=arguments.yes):
        screen.line("nothing was changed")
        return 2
    with changing(place.layout, " ".join(arguments.words)):
        stopped_by_now(env)
        refuse_half_restored(place, screen.step)
        done = failover(env, arguments.to, screen.step, env.supervisor.start)
    screen.line(f"{done.after} is the primary")
    for node, why in done.trouble.items():
        screen.line(f"{node} does not follow yet, `uz up` tries again: {why}")
    return 1 if done.trouble else 0
