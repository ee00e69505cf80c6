"""`uz service`."""

import argparse

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz service`."""
    parser.add_argument(
        "--install", action="store_true", help="write it into /etc/systemd/system (as root)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the systemd unit of the environment, or install it."""
    from uz.operations.install_unit import install_unit
    from uz.operations.place import place_of
    from uz.operations.unit import unit_text

    screen = Screen(quiet=arguments.quiet)
    place = place_of(arguments.project, arguments.environment)
    if not arguments.install:
        screen.line(unit_text(place).rstrip())
        return 0
    path = install_unit(place, " ".join(arguments.words))
    screen.line(f"{path} is written")
    screen.note(f"next: systemctl daemon-reload && systemctl enable --now {path.name}")
    return 0
