"""`uz eject`."""

import argparse

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`uz eject` takes no arguments of its own."""


def run(arguments: argparse.Namespace) -> int:
    """Say how the environment runs without Uz."""
    from uz.operations.place import place_of
    from uz.operations.rendering import rendered

    place = place_of(arguments.project, arguments.environment)
    screen = Screen(quiet=arguments.quiet)
    screen.line(rendered(place)["README.md"].rstrip())
    there = place.layout.config.is_dir()
    note = "The files are in" if there else "`uz up` writes the files to"
    screen.line(f"\n{note} {place.layout.config}.")
    return 0
