"""`uz shell`."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz shell`."""
    parser.add_argument("store", choices=["database", "redis"], help="which data store")


def run(arguments: argparse.Namespace) -> int:
    """Open the shell; the password goes by the environment, never by an argument."""
    from uz.operations.open_shell import database_shell, redis_shell
    from uz.operations.place import place_of

    place = place_of(arguments.project, arguments.environment)
    return database_shell(place) if arguments.store == "database" else redis_shell(place)
