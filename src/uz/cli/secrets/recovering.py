"""`uz secrets recover`."""

import argparse
import sys
from pathlib import Path

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz secrets recover`."""
    parser.add_argument(
        "kit", type=Path, metavar="FILE", help="the recovery kit, decrypted; - reads standard input"
    )


def run(arguments: argparse.Namespace) -> int:
    """Put a lost bootstrap credential back, from the recovery kit."""
    from uz.errors import SecretError
    from uz.operations.place import place_of
    from uz.operations.recovery import recover

    place = place_of(arguments.project, arguments.environment)
    try:
        text = sys.stdin.read() if str(arguments.kit) == "-" else arguments.kit.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not a text: decrypt it first"
        raise SecretError(f"{arguments.kit}: {why}", hint="Name the recovery kit.") from error
    path = recover(place, text, " ".join(arguments.words))
    Screen(quiet=arguments.quiet).line(f"{path} is back; `uz up` goes on")
    return 0
