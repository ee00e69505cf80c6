"""`uz secrets list`."""

import argparse
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from uz.cli.screen import Screen
from uz.cli.status import duration

if TYPE_CHECKING:
    from uz.operations.list_secrets import Listed, Listing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz secrets list`."""
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print names, versions, age and readers, and what is missing; never values."""
    from uz.operations.list_secrets import list_secrets
    from uz.operations.place import place_of
    from uz.operations.reaching import reached

    screen = Screen(quiet=arguments.quiet)
    silent = Screen(quiet=True)
    place = place_of(arguments.project, arguments.environment)
    told = (silent if arguments.json else screen).step
    manager = reached(place, "secrets list", told).manager
    found = list_secrets(manager, place.spec, place.stack)
    if arguments.json:
        screen.line(json.dumps(json_form(manager.name, found), indent=1))
        return 0
    now = datetime.now(UTC)
    screen.line(manager.name)
    screen.table(
        ("NAME", "VERSION", "AGE", "MADE BY", "READ BY"), [_row(one, now) for one in found.secrets]
    )
    for missing in found.missing:
        screen.line(f"missing: {missing.reference}, read by {', '.join(missing.readers)}")
    if found.missing:
        screen.note("next: `uz secrets set NAME`, or `uz secrets import FILE`")
    return 0


def _row(one: "Listed", now: datetime) -> tuple[str, ...]:
    age = duration(max(0.0, (now - one.written_at).total_seconds())) if one.written_at else ""
    made_by = "Uz" if one.own else "you"
    version = one.version if len(one.version) <= 8 else f"{one.version[:7]}…"
    return (one.name, version, age, made_by, ", ".join(one.readers) or "nobody")


def json_form(manager: str, found: "Listing") -> dict[str, Any]:
    """The listing for programs; times in UTC."""
    return {
        "version": 1,
        "manager": manager,
        "secrets": [
            {
                "name": one.name,
                "path": one.path,
                "version": one.version,
                "written_at": one.written_at.isoformat() if one.written_at else None,
                "own": one.own,
                "readers": list(one.readers),
            }
            for one in found.secrets
        ],
        "missing": [
            {"reference": one.reference, "readers": list(one.readers)} for one in found.missing
        ],
    }
