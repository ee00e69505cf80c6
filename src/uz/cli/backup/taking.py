"""`uz backup now`."""

import argparse

from uz.cli.screen import Screen

KINDS = ("full", "differential", "incremental")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz backup now`."""
    parser.add_argument(
        "--type",
        choices=KINDS,
        default=None,
        help="how much of the database (default: full where the last full one is old enough, else"
        " what changed since it)",
    )
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="wait until it is off-site (default: yes)",
    )
    parser.add_argument(
        "--scheduled", action="store_true", help=argparse.SUPPRESS
    )  # said by the scheduler


def run(arguments: argparse.Namespace) -> int:
    """Take a backup; exit code 1 where it is not whole, or not off-site."""
    from uz.backups.backup import BackupKind
    from uz.cli.placing import place_for
    from uz.operations.backup import PATIENCE, back_up
    from uz.operations.backup_offsite import await_offsite

    screen = Screen(quiet=arguments.quiet)
    place = place_for(arguments)
    kind = BackupKind(arguments.type) if arguments.type else None
    if arguments.scheduled:
        done = back_up(place, kind, screen.step, "backup now --scheduled", PATIENCE)
    else:
        done = back_up(place, kind, screen.step)
    what = f"{done.backup.label}, {done.backup.kind}" if done.backup else "files only"
    screen.line(f"backed up in {done.seconds:.1f} s: {what}")
    for note in done.notes:
        screen.line(f"not in it: {note}")
    trouble = await_offsite(place, done, screen.step) if arguments.wait else ""
    if trouble:
        screen.line(trouble)
    elif arguments.wait:
        screen.line("it is off-site")
    alone = place.spec.backups is not None and place.spec.backups.offsite is None
    return 1 if done.notes or (trouble and not alone) else 0
