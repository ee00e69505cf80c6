"""`uz drill`."""

import argparse
import json
from typing import TYPE_CHECKING

from uz.cli.screen import Screen

if TYPE_CHECKING:
    from uz.backups.drilled import Drilled


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz drill`."""
    parser.add_argument(
        "--database-only", action="store_true", help="do not bring the app up on what comes back"
    )
    parser.add_argument("--history", action="store_true", help="show the drills of before")
    parser.add_argument("--json", action="store_true", help="print the record as JSON")
    parser.add_argument(
        "--scheduled", action="store_true", help=argparse.SUPPRESS
    )  # said by the scheduler


def run(arguments: argparse.Namespace) -> int:
    """Restore what is off-site into a private place, compare, use the app on it, and remove it."""
    from uz.cli.placing import place_for
    from uz.operations.drill_history import history
    from uz.operations.drill_record import drilled

    screen = Screen(quiet=arguments.quiet or arguments.json)
    place = place_for(arguments)
    if arguments.history:
        known = history(place.layout)
        if arguments.json:
            for one in known:
                screen.line(one.line())
        else:
            screen.table(("WHEN", "BACKUP", "HELD", "TOOK", "LOST"), [_row(one) for one in known])
        return 0
    done = drilled(place, screen.step, whole=not arguments.database_only)
    if arguments.json:
        screen.line(json.dumps(json.loads(done.line()), indent=1))
    else:
        _show(done, screen)
    return 0 if done.ok else 1


def _row(one: "Drilled") -> tuple[str, ...]:
    held = "yes" if one.ok else f"no: {one.wrong[0] if one.wrong else 'nothing was compared'}"
    lost = "" if one.rpo is None else f"{one.rpo:g} s"
    return f"{one.at:%Y-%m-%d %H:%M} UTC", one.backup, held[:80], f"{one.seconds:.1f} s", lost


def _show(done: "Drilled", screen: Screen) -> None:
    from uz.backups.drilled import LOOKS

    screen.table(
        ("WHAT", "HELD", "SEEN"),
        [(one.name, "yes" if one.held else "NO", one.detail) for one in done.findings],
    )
    taken = {name: f"{name} {seconds:.1f} s" for name, seconds in done.phases.items()}
    looks = ", ".join(said for name, said in taken.items() if name in LOOKS)
    phases = ", ".join(said for name, said in taken.items() if name not in LOOKS)
    screen.line(f"recovery: {done.seconds:.1f} s ({phases}); beside it {looks or 'nothing'}")
    if done.stopped:
        screen.line(f"stopped: {done.stopped}")
    if done.ok:
        screen.line(screen.paint("all came back as it was", "green"))
    else:
        screen.line(screen.paint("what is off-site does not bring all back", "red"))
        screen.note("next: docs/how-to/drill.md says what to do, by finding")
