"""`uz backup`."""

import argparse
from importlib import import_module

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
    from uz.cli.parser import common

    commands = parser.add_subparsers(dest="subcommand", metavar="WHAT", required=True)
    for name, (module, line) in SUBCOMMANDS.items():
        sub = commands.add_parser(name, help=line, description=line, allow_abbrev=False)
        common(sub, defaults=False)
        import_module(f"uz.cli.backup.{module}").add_arguments(sub)


def run(arguments: argparse.Namespace) -> int:
    """Do what WHAT names: each is a command of its own."""
    module, _ = SUBCOMMANDS[arguments.subcommand]
    code: int = import_module(f"uz.cli.backup.{module}").run(arguments)
    return code
