"""`uz secrets`."""

import argparse

from uz.cli.subcommands import add_subcommands, run_subcommand

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
    add_subcommands(parser, __name__, SUBCOMMANDS)


def run(arguments: argparse.Namespace) -> int:
    """Do what WHAT names: each is a command of its own."""
    return run_subcommand(arguments, __name__, SUBCOMMANDS)
