"""`uz backup metrics`."""

import argparse

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`uz backup metrics` takes none of its own."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Print what shipping wrote down last."""
    from uz.cli.placing import place_for
    from uz.targets.local.backups.watching import read_metrics

    Screen(quiet=arguments.quiet).line(read_metrics(place_for(arguments).layout).rstrip("\n"))
    return 0
