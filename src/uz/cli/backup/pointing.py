"""`uz backup point`."""

import argparse

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`uz backup point` takes none of its own."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Record a restore point."""
    from uz.cli.placing import place_for
    from uz.operations.point import record_point

    screen = Screen(quiet=arguments.quiet)
    point = record_point(place_for(arguments))
    rows = sum(table.rows for table in point.tables.values())
    screen.line(f"{point.name}: {len(point.tables)} tables, {rows:,} rows, at {point.lsn}")
    return 0
