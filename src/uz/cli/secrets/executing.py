"""`uz secrets exec`."""

import argparse

from uz.errors import UzError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz secrets exec`."""
    parser.add_argument(
        "argv",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="the command and its arguments, behind -- where they could be taken for options",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run a command with the app's variables and credentials; its exit code is the command's."""
    from uz import trail
    from uz.operations.exec_secrets import exec_secrets
    from uz.operations.place import place_of, same_project
    from uz.operations.reaching import reached
    from uz.targets.local import memory

    command = arguments.argv[1:] if arguments.argv[:1] == ["--"] else arguments.argv
    if not command:
        raise UzError("which command?", hint="Such as `uz secrets exec -- python manage.py shell`.")
    place = place_of(arguments.project, arguments.environment)
    same_project(place.layout, place.project)
    env = place.environment
    words = f"secrets exec {command[0]}"  # its arguments may hold anything
    if place.spec.secrets.embedded:
        reached(place, words, lambda _name, _what: None)
    trail.record(place.layout.trail, env.name, f"uz {words}", "opened")
    return exec_secrets(env, command, memory.place(place.layout).parent)
