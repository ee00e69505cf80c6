"""`uz recover`."""

import argparse
import sys
from pathlib import Path

from uz.cli.screen import Screen

QUESTION = "Recover it?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz recover`."""
    parser.add_argument(
        "--kit", metavar="FILE", help="the recovery kit, decrypted; - reads standard input"
    )
    parser.add_argument(
        "--to",
        metavar="MOMENT",
        default="latest",
        help='"latest" (default), a time such as 2026-11-26T17:30:00 (UTC, or with a zone), or the'
        " label of a backup",
    )
    parser.add_argument(
        "--plan", action="store_true", help="say what would be done, and do nothing"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(arguments: argparse.Namespace) -> int:
    """Bring an environment back on an empty machine, from its code, the off-site store, which is
    opened by UZ_STORE_ACCESS_KEY and UZ_STORE_SECRET_KEY, and the recovery kit."""
    from uz.backups.target import parse_target
    from uz.cli.asking import agreed
    from uz.operations.place import place_of
    from uz.operations.recover import known_from, plan_recovery, recover

    screen = Screen(quiet=arguments.quiet)
    target = parse_target(arguments.to)
    place = place_of(arguments.project, arguments.environment)
    known = known_from(place, _kit(arguments.kit))
    chosen = plan_recovery(place, known, target)
    if chosen is not None:
        screen.line(f"backup {chosen.backup.label} of {chosen.backup.ended:%F %T} UTC,"
                    f" and {chosen.logs} files of the log behind it")  # fmt: skip
        screen.line(f"reaches {chosen.reaches:%F %T} UTC; {chosen.size / 2**20:,.1f} MiB to fetch")
    if arguments.plan:
        return 0
    if not agreed(QUESTION, yes=arguments.yes):
        screen.line("nothing was changed")
        return 2
    done = recover(place, known, target, " ".join(arguments.words), screen.step)
    for note in done.notes:
        screen.note(f"  note: {note}")
    phases = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in done.phases.items())
    screen.line(f"{place.spec.app.name} ({place.spec.environment}) is back: {place.spec.url}")
    screen.line(f"recovery: {done.seconds:.1f} s ({phases})")
    return 0


def _kit(name: str | None) -> str | None:
    from uz.errors import SecretError

    if name is None:
        return None
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not a text: decrypt it first"
        raise SecretError(f"{name}: {why}", hint="Name the recovery kit.") from error
