"""`uz render`."""

import argparse
from pathlib import Path

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz render`."""
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="where to write (default: rendered/ENVIRONMENT in the project)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; show what differs, exit code 1 when something does",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the configuration files, or say whether those written are stale."""
    from uz.operations.place import place_of
    from uz.operations.rendering import differences, write_rendered

    screen = Screen(quiet=arguments.quiet)
    place = place_of(arguments.project, arguments.environment)
    folder = arguments.to or place.project / "rendered" / place.spec.environment
    if arguments.check:
        found = differences(place, folder)
        for line in found:
            screen.line(line)
        screen.line(f"{folder}: {'stale, `uz render` writes it again' if found else 'up to date'}")
        return 1 if found else 0
    changed = write_rendered(place, folder)
    for name in changed:
        screen.note(f"  {name}")
    screen.line(f"{folder}: {len(changed)} files written" if changed else f"{folder}: up to date")
    return 0
