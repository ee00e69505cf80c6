"""`uz migrate`."""

import argparse

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`uz migrate` takes none of its own."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Run the migration of the active release."""
    from uz.operations.migrate import migrate
    from uz.operations.place import place_of

    screen = Screen(quiet=arguments.quiet)
    place = place_of(arguments.project, arguments.environment)
    took = migrate(place, " ".join(arguments.words))
    screen.line(f"migrated in {took:.1f} s; its log: {place.layout.logs / 'migrate.log'}")
    return 0
