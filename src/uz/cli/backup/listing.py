"""`uz backup list`."""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from uz.cli.screen import Screen
from uz.cli.status import duration

if TYPE_CHECKING:
    from uz.operations.list_backups import Listed, Listing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz backup list`."""
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the backups; exit code 1 where something is wrong with them."""
    from uz.cli.placing import place_for
    from uz.operations.list_backups import list_backups

    screen = Screen(quiet=arguments.quiet)
    found = list_backups(place_for(arguments))
    if arguments.json:
        screen.line(json.dumps(json_form(found), indent=1))
    else:
        _print(screen, found)
    return 1 if found.trouble or found.damaged or not found.backups else 0


def _print(screen: Screen, found: "Listing") -> None:
    now = datetime.now(UTC)
    header = ("BACKUP", "KIND", "AGE", "WHERE", "DATABASE", "STORED", "NEEDS")
    screen.table(header, [_row(one, now) for one in found.backups])
    if not found.backups:
        screen.line("there is no backup of the database: `uz backup now` takes one")
    for line in _restorable(found):
        screen.line(line)
    for line in found.damaged:
        screen.line(f"damaged: {line}")
    for key in found.overwritten:
        screen.line(f"written over by somebody, the first version counts: {key}")
    for line in found.unprotected:
        screen.line(f"the off-site bucket does not protect what is in it: {line}")
    if found.trouble:
        screen.line(f"off-site: {found.trouble}")


def _restorable(found: "Listing") -> Iterator[str]:
    """From when to when, by place; of which repository, where there are several; and the holes."""
    several = len({one.repository for one in found.spans}) > 1
    for span, following in zip_longest(found.spans, found.spans[1:]):
        where = "off-site" if span.offsite else "from this machine"
        of = f", repository {span.repository}" if several else ""
        yield f"restorable {where}{of}: {span.begins:%F %T} to {span.ends:%F %T} UTC"
        if span.missing:
            same = following and (following.repository, following.offsite) == (
                span.repository, span.offsite,
            )  # fmt: skip
            until = f" until {following.begins:%F %T} UTC" if same else ""
            yield f"  then a hole{until}: {span.missing} of the database's log is missing"


def _row(one: "Listed", now: datetime) -> tuple[str, ...]:
    backup = one.backup
    where = " ".join([*(["off-site"] if one.offsite else []), *(["here"] if one.here else [])])
    return (
        backup.label,
        backup.kind.value,
        duration(max(0.0, (now - backup.ended).total_seconds())),
        where,
        size(backup.size),
        size(backup.stored),
        ", ".join(backup.needs),
    )


def size(count: int) -> str:
    """Bytes in the unit that suits them."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= factor:
            return f"{count / factor:,.1f} {unit}"
    return f"{count} B"


def json_form(found: "Listing") -> dict[str, Any]:
    """The listing for programs; times in UTC, sizes in bytes."""
    return {
        "format": 1,
        "backups": [
            {
                "repository": one.repository,
                "label": one.backup.label,
                "kind": one.backup.kind.value,
                "started": one.backup.started.isoformat(),
                "ended": one.backup.ended.isoformat(),
                "needs": list(one.backup.needs),
                "size": one.backup.size,
                "stored": one.backup.stored,
                "here": one.here,
                "offsite": one.offsite,
            }
            for one in found.backups
        ],
        "restorable": [
            {
                "repository": one.repository,
                "offsite": one.offsite,
                "begins": one.begins.isoformat(),
                "ends": one.ends.isoformat(),
                "missing": one.missing,
            }
            for one in found.spans
        ],
        "overwritten": list(found.overwritten),
        "damaged": list(found.damaged),
        "unprotected": list(found.unprotected),
        "trouble": found.trouble,
    }
