"""`uz secrets kit`."""

import argparse
import sys
from pathlib import Path

from uz.cli.screen import Screen
from uz.errors import SecretError

QUESTION = "Is the recovery kit in a safe place elsewhere? Remove it from this machine?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz secrets kit`."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--to", metavar="FILE", help="write it to a new file, mode 0600; - is standard output"
    )
    what.add_argument("--remove", action="store_true", help="remove it from this machine; asks")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(arguments: argparse.Namespace) -> int:
    """Show the recovery kit, which opens everything, on a terminal; or remove it from this machine.

    Into a pipe or a log it is printed by `--to -` alone, as in
    `uz secrets kit --to - | ssh safe.example 'umask 077; cat > shop.kit'`.
    """
    from uz.cli.asking import agreed
    from uz.operations.place import place_of
    from uz.operations.recovery import forget_kit, kit_text

    screen = Screen(quiet=arguments.quiet)
    place = place_of(arguments.project, arguments.environment)
    if not arguments.remove:
        return _shown(screen, kit_text(place), arguments.to)
    if not agreed(QUESTION, yes=arguments.yes):
        screen.line("nothing was changed")
        return 2
    gone = forget_kit(place, " ".join(arguments.words))
    screen.line("the recovery kit is removed" if gone else "there was no readable recovery kit")
    return 0


def _shown(screen: Screen, text: str, to: str | None) -> int:
    """Give the kit where it was asked for. Raises SecretError where that would be by accident."""
    from uz.operations.recovery import save_kit

    if to not in {None, "-"}:
        save_kit(text, Path(str(to)))
        screen.line(f"the recovery kit is in {to}: take it off this machine, to a safe place")
        return 0
    if to is None and not sys.stdout.isatty():
        raise SecretError(
            "standard output is no terminal, and the recovery kit opens everything",
            hint="`--to FILE` writes it to a new file; `--to -` prints it into a pipe all the"
            " same, as to ssh.",
        )
    screen.line(text.rstrip())
    return 0
