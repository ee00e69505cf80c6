"""`uz restore`."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from uz.cli.screen import Screen

if TYPE_CHECKING:
    from uz.operations.place import Place
    from uz.operations.restore import Choice
    from uz.targets.local.backups.restoring import Restored

QUESTION = "Put the database back to that? It is down meanwhile, and what came later is gone."
UNDO = "Put back what was there before? What was written since the restore goes aside."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz restore`."""
    parser.add_argument(
        "--to",
        metavar="MOMENT",
        help='"latest", a time such as 2026-11-26T17:30:00 (UTC, or with a zone), or the label of a'
        " backup",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--scratch", action="store_true", help="beside, gone when COMMAND ends (default)"
    )
    where.add_argument(
        "--in-place", action="store_true", help="in the environment's place; it can be undone"
    )
    where.add_argument(
        "--undo", action="store_true", help="put back what the last restore in place put aside"
    )
    where.add_argument("--plan", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument(
        "--offsite", action="store_true", help="use nothing of the backups on this machine"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "words_after",
        metavar="COMMAND",
        nargs=argparse.REMAINDER,
        help="what to run on the restored database, after `--`: PGHOST, PGPORT, PGUSER and"
        " PGDATABASE lead there (default: psql, on a terminal)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Plan, print the plan, and do it; the exit code of COMMAND where there is one."""
    from uz.backups.target import parse_target
    from uz.cli.placing import place_for
    from uz.errors import UzError
    from uz.operations.restore import planning

    screen = Screen(quiet=arguments.quiet or arguments.json)
    if arguments.words_after and (arguments.in_place or arguments.undo or arguments.plan):
        raise UzError(
            "COMMAND runs on a database restored beside: it goes with --scratch only",
            hint="Write `uz restore --to MOMENT --scratch -- COMMAND`, or leave COMMAND out.",
        )
    place = place_for(arguments)
    if arguments.undo:
        return _undo(arguments, place, screen)
    if not arguments.to:
        raise UzError("--to is missing", hint="Write --to latest, or `uz restore --help`.")
    target, command = parse_target(arguments.to), " ".join(arguments.words)
    with planning(place, target, command, screen.step, offsite=arguments.offsite) as (
        choice,
        scratch,
    ):
        if not arguments.json:
            _show(choice, screen)
        if arguments.plan:
            return _told(arguments, choice, screen, {})
        if not arguments.in_place:
            return _scratch(arguments, place, choice, scratch, screen)
        from uz.cli.asking import agreed
        from uz.operations.restore_in_place import restore_in_place

        if not agreed(QUESTION, yes=arguments.yes):
            screen.line("nothing was changed")
            return 2
        done = restore_in_place(place, choice, scratch, command, screen.step)
    for note in done.notes:
        screen.note(f"  note: {note}")
    screen.note("  Redis and the app's files are as they were: only the database was put back")
    if not arguments.json:
        screen.line(f"{choice.plan.target} is restored; the app was down for {done.away:.1f} s")
        screen.line(f"what was there before is in {done.aside}; `uz restore --undo` puts it back")
    return _told(
        arguments, choice, screen,
        {"seconds": done.seconds, "away": done.away, "aside": str(done.aside),
         "notes": list(done.notes)},
    )  # fmt: skip


def _scratch(
    arguments: argparse.Namespace, place: "Place", choice: "Choice", scratch: object, screen: Screen
) -> int:
    from pathlib import Path

    from uz.operations.restore import restore_privately
    from uz.shell import in_place

    words = arguments.words_after
    words = words[1:] if words[:1] == ["--"] else words
    if not words and not arguments.json and sys.stdin.isatty():
        words = ["psql"]

    def look(made: "Restored") -> int:
        screen.note(f"  restored in {sum(made.seconds.values()):.1f} s")
        return in_place(words, made.server.variables()) if words else 0

    assert isinstance(scratch, Path)
    code, made = restore_privately(place, choice, scratch, screen.step, look)
    _told(arguments, choice, screen, {"seconds": made.seconds, "exit_code": code})
    if not words and not arguments.json:
        screen.line(f"{choice.plan.target} can be restored; it was removed again")
    return code


def _undo(arguments: argparse.Namespace, place: "Place", screen: Screen) -> int:
    from uz.backups.target import told
    from uz.cli.asking import agreed
    from uz.errors import UzError
    from uz.operations.restore_in_place import undo_restore
    from uz.targets.local.backups.swapping import before

    found = before(place.layout)
    if found is None:
        raise UzError(
            "there is nothing to undo: no restore in place put anything aside",
            hint="`uz restore --to TIME --in-place` can go to any moment that is backed up.",
        )
    screen.line(f"what was there until {told(found.at)} is in {found.folder}")
    if not agreed(UNDO, yes=arguments.yes):
        screen.line("nothing was changed")
        return 2
    done = undo_restore(place, found, " ".join(arguments.words), screen.step)
    for note in done.notes:
        screen.note(f"  note: {note}")
    screen.line(f"it is back; the app was down for {done.away:.1f} s")
    screen.line("what was there until now is put aside: `uz restore --undo` once more puts it back")
    return 0


def _show(choice: "Choice", screen: Screen) -> None:
    """Print the plan."""
    from uz.backups.target import told

    plan = choice.plan
    backup = plan.backup
    screen.line(f"to restore: {plan.target}")
    screen.line(f"  from      {choice.source.where}, repository {plan.repository}")
    screen.line(f"  backup    {backup.label}, {backup.kind}, ended {told(backup.ended)}")
    screen.line(f"  log       {plan.logs} files, {plan.first_wal} to {plan.last_wal}")
    fetched = "nothing to fetch" if choice.source.here else f"{plan.size / 2**20:,.1f} MiB to fetch"
    screen.line(f"  size      {backup.size / 2**20:,.1f} MiB, {fetched}")
    screen.line(f"  takes     about {plan.seconds:.0f} s")
    lost = _span(plan.loses.total_seconds())
    screen.line(f"  without   what was written after {told(plan.reaches)}: the last {lost}")
    for line in plan.passed_over:
        screen.line(f"  not used  {line}")


def _span(seconds: float) -> str:
    """A time span, in the two largest units."""
    days, rest = divmod(round(seconds), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (left, "s"))
    told = [f"{count} {unit}" for count, unit in parts if count][:2]
    return " ".join(told) or "0 s"


def _told(
    arguments: argparse.Namespace, choice: "Choice", screen: Screen, more: dict[str, object]
) -> int:
    """Print the result as JSON, where that was asked for."""
    if arguments.json:
        plan = choice.plan
        form = {
            "format": 1,
            "target": str(plan.target),
            "from": choice.source.where,
            "repository": plan.repository,
            "backup": plan.backup.label,
            "first_wal": plan.first_wal,
            "last_wal": plan.last_wal,
            "logs": plan.logs,
            "bytes": 0 if choice.source.here else plan.size,
            "expected_seconds": round(plan.seconds, 1),
            "reaches": plan.reaches.isoformat(),
            "lost_seconds": round(plan.loses.total_seconds(), 3),
            "passed_over": list(plan.passed_over),
            **more,
        }
        screen.line(json.dumps(form, indent=1))
    return 0
