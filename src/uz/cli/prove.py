"""`uz prove`."""

import argparse
import json

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz prove`."""
    from uz.cli.choosing import add_items

    add_items(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--disrupt",
        action="store_true",
        help="also take things away from users; production only in a maintenance window",
    )
    parser.add_argument(
        "--self-test",
        action="store_true",
        help="also break each thing on purpose, in a rehearsal, and see it noticed",
    )


def run(arguments: argparse.Namespace) -> int:
    """Try the items on the running environment and print the report."""
    from uz.checklist import Item
    from uz.cli.choosing import chosen
    from uz.cli.showing import show
    from uz.operations.place import place_of
    from uz.operations.prove import Tried
    from uz.operations.prove_running import prove_running
    from uz.operations.rehearse import rehearse
    from uz.report.json_form import report_json
    from uz.report.stored import stored

    screen = Screen(quiet=arguments.quiet or arguments.json)
    items: tuple[Item, ...] = chosen(arguments.items)
    place = place_of(arguments.project, arguments.environment)
    command = " ".join(arguments.words)
    prove_running(place, items, command, disrupt=arguments.disrupt, progress=screen.step)
    controls: tuple[Tried, ...] = ()
    if arguments.self_test:
        controls = rehearse(place, items, command, progress=screen.step).controls
    report = stored(place, items, controls)
    if arguments.json:
        screen.line(json.dumps(report_json(report), indent=1))
    else:
        show(screen, report)
    return report.exit_code
