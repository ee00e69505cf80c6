"""`uz backup`."""

import argparse

from uz.cli.subcommands import add_subcommands, run_subcommand

SUBCOMMANDS = {
    "now": ("taking", "take a backup, and wait until it is off-site"),
    "list": ("listing", "the backups here and off-site, and what can be restored from them"),
    "verify": ("verifying", "read the repository, and some of what is off-site, and compare"),
    "point": ("pointing", "record what all tables hold, to compare a restore with"),
    "expire": ("expiring", "remove what is older than it has to be kept off-site"),
    "policy": ("policy", "what the off-site store has to allow, and forbid, as a bucket policy"),
    "metrics": ("metrics", "what is watched, in the text format of Prometheus"),
}
"""Each with its module here, and the line that `uz backup --help` shows."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `uz backup`."""
    add_subcommands(parser, __name__, SUBCOMMANDS)


def run(arguments: argparse.Namespace) -> int:
    """Do what WHAT names: each is a command of its own."""
    return run_subcommand(arguments, __name__, SUBCOMMANDS)
