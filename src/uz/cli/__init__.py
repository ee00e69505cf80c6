"""The command line: parse, call, print. Nothing heavy is imported before a command is known."""

import sys

from uz.cli import streams
from uz.cli.commands import COMMANDS
from uz.cli.parser import build, command_in

__all__ = ["COMMANDS", "main"]

INTERRUPTED = 130
"""What shells expect of a command that was interrupted."""


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    streams.ready()
    try:
        name = command_in(words)
        try:
            arguments = build(name).parse_args(words)
        except OSError as error:  # --help that nobody reads
            return 0 if isinstance(error, BrokenPipeError) else 2
        from uz.cli.running import run_command

        return run_command(name, arguments, words)
    except KeyboardInterrupt:
        print("uz: interrupted; run the command again to go on", file=sys.stderr)
        return INTERRUPTED
    finally:
        streams.flush()
