"""Commands that have commands of their own, each a module in the package of the first."""

import argparse
from collections.abc import Mapping
from importlib import import_module

Subcommands = Mapping[str, tuple[str, str]]
"""Each with its module in the package, and the line that `--help` shows."""


def add_subcommands(
    parser: argparse.ArgumentParser, package: str, subcommands: Subcommands
) -> None:
    """Add them all, with the options that every command takes."""
    from uz.cli.parser import common

    commands = parser.add_subparsers(dest="subcommand", metavar="WHAT", required=True)
    for name, (module, line) in subcommands.items():
        sub = commands.add_parser(name, help=line, description=line, allow_abbrev=False)
        common(sub, defaults=False)
        import_module(f"{package}.{module}").add_arguments(sub)


def run_subcommand(arguments: argparse.Namespace, package: str, subcommands: Subcommands) -> int:
    """Run the one that was chosen and return its exit code."""
    module, _ = subcommands[arguments.subcommand]
    code: int = import_module(f"{package}.{module}").run(arguments)
    return code
