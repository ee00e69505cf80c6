"""`uz backup expire`."""

import argparse

from uz.cli.screen import Screen

MIB = 2**20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz backup expire`."""
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def run(arguments: argparse.Namespace) -> int:
    """Remove, with the keys in UZ_STORE_ACCESS_KEY and UZ_STORE_SECRET_KEY, what is old."""
    from uz.cli.placing import place_for
    from uz.operations.expire_backups import expire_backups

    screen = Screen(quiet=arguments.quiet)
    found = expire_backups(place_for(arguments), screen.step, dry_run=arguments.dry_run)
    verb = "would be removed" if arguments.dry_run else "removed"
    for label in found.labels:
        screen.note(f"  {label} is older than it has to be kept")
    screen.line(
        f"{len(found.keys)} objects {verb}, {found.size / MIB:,.1f} MiB;"
        f" {len(found.stay)} backups stay"
    )
    return 0
