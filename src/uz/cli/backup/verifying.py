"""`uz backup verify`."""

import argparse

from uz.cli.screen import Screen

MIB = 2**20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`uz backup verify` takes none of its own."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Read and compare; exit code 1 where something is wrong."""
    from uz.cli.placing import place_for
    from uz.operations.verify_backups import verify_backups

    screen = Screen(quiet=arguments.quiet)
    found = verify_backups(place_for(arguments), screen.step)
    for problem in found.problems:
        screen.line(f"wrong: {problem}")
    read = f"{found.read} of {found.named} objects read back, {found.size / MIB:,.1f} MiB"
    count = len(found.problems)
    wrong = "1 thing is wrong" if count == 1 else f"{count} things are wrong"
    verdict = wrong if count else "all is well"
    screen.line(f"{verdict}; off-site: {read}" if found.named else verdict)
    if found.problems:
        screen.note("next: `uz backup now --type full` begins anew; `uz drill` says what it gives")
    return 1 if found.problems else 0
