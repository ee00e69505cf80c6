"""Running one command: its errors become one screen and an exit code, its change an audit entry."""

import argparse
import logging
import os
import signal
import sys
from importlib import import_module
from typing import Protocol, cast

from uz.cli.screen import Screen
from uz.errors import UzError


def _interrupt(_number: int, _frame: object) -> None:
    """Leave as on Ctrl-C, so that experiments undo themselves and rehearsals are destroyed."""
    raise KeyboardInterrupt


class Command(Protocol):
    """What a module in `uz.cli` has to offer."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it and return the exit code."""
        ...


def run_command(name: str, arguments: argparse.Namespace, words: list[str]) -> int:
    """Run a command's module. Only here do errors become exit codes."""
    os.umask(0o077)
    logging.basicConfig(stream=sys.stderr, level=_log_level())
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup asks for
            signal.signal(number, _interrupt)
    arguments.words = words
    command = cast(Command, import_module(f"uz.cli.{name}"))
    try:
        return command.run(arguments)
    except UzError as error:
        Screen().error(error)
        return error.exit_code


def _log_level() -> str:
    """What UZ_LOG asks for, where it is a level."""
    chosen = os.environ.get("UZ_LOG", "").upper()
    return chosen if chosen in logging.getLevelNamesMapping() else "ERROR"
