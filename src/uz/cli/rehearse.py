"""`uz rehearse`."""

import argparse
import json

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz rehearse`."""
    from uz.cli.choosing import add_items

    add_items(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Try every experiment and control in a disposable environment, and print the report."""
    from datetime import UTC, datetime

    from uz.checklist.item import inapplicable_since
    from uz.cli.choosing import chosen
    from uz.cli.showing import show
    from uz.operations.place import place_of
    from uz.operations.rehearse import rehearse
    from uz.report import assembled
    from uz.report.json_form import report_json

    screen = Screen(quiet=arguments.quiet or arguments.json)
    items = chosen(arguments.items)
    place = place_of(arguments.project, arguments.environment)
    done = rehearse(place, items, " ".join(arguments.words), progress=screen.step)
    report = assembled(
        place.spec.app.name,
        place.spec.environment,
        "rehearsal",
        items,
        lambda item: tuple(one for one in done.evidence if one.item == item),
        place.environment.inputs,
        datetime.now(UTC),
        done.controls,
        lambda item: inapplicable_since(item, place.spec),
    )
    if arguments.json:
        screen.line(json.dumps(report_json(report), indent=1))
    else:
        show(screen, report)
    return report.exit_code
