"""`uz secrets`."""

import argparse
from importlib import import_module

SUBCOMMANDS = {
    "import": ("import_env", "take the secrets out of a .env file into the manager"),
    "list": ("listing", "names, versions, age and readers; never values"),
    "set": ("setting", "keep a value, from a prompt or standard input"),
    "check": ("checking", "whether every secret that uz.toml refers to is there"),
    "rotate": ("rotating", "a new value for all its readers, and the old one refused"),
    "exec": ("executing", "run a command that finds the app's secrets as its processes do"),
    "scan": ("scanning", "look for secrets in the repository, its history and on this machine"),
    "kit": ("recovery", "show the recovery kit, or remove it from this machine"),
    "recover": ("recovering", "put a lost bootstrap credential back, from the recovery kit"),
}
"""Each with its module here, and the line that `uz secrets --help` shows."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `uz secrets`."""
    from uz.cli.parser import common

    commands = parser.add_subparsers(dest="subcommand", metavar="WHAT", required=True)
    for name, (module, line) in SUBCOMMANDS.items():
        sub = commands.add_parser(name, help=line, description=line, allow_abbrev=False)
        common(sub, defaults=False)
        import_module(f"uz.cli.secrets.{module}").add_arguments(sub)


def run(arguments: argparse.Namespace) -> int:
    """Do what WHAT names: each is a command of its own."""
    module, _ = SUBCOMMANDS[arguments.subcommand]
    code: int = import_module(f"uz.cli.secrets.{module}").run(arguments)
    return code
