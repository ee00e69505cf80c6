"""`uz logs`."""

import argparse
import time

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz logs`."""
    parser.add_argument("service", nargs="?", help="a service such as app-1 (default: all)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on as lines come")
    parser.add_argument("-n", "--lines", type=int, default=20, help="lines of each (default: 20)")


def run(arguments: argparse.Namespace) -> int:
    """Print the last lines of one or all services, and go on where asked."""
    from uz.errors import UzError
    from uz.operations.place import place_of
    from uz.targets.local.logs import Followed, log_files, tail

    screen = Screen()
    place = place_of(arguments.project, arguments.environment)
    names = [service.name for service in place.stack.in_start_order()]
    if arguments.service and arguments.service not in names:
        raise UzError(
            f"{arguments.service}: not a service (known: {', '.join(names)})",
        )
    chosen = [arguments.service] if arguments.service else names
    files = [(name, path) for name in chosen for path in log_files(place.layout, name)]
    if not files:
        raise UzError("there is no log yet", hint="`uz up` starts the services.")
    for name, path in files:
        for line in tail(path, max(0, arguments.lines)):
            screen.line(_labelled(name, line, many=len(files) > 1))
    followed = [(name, Followed(path)) for name, path in files] if arguments.follow else []
    while followed and not screen.unheard:
        for name, file in followed:
            for line in file.fresh():
                screen.line(_labelled(name, line, many=len(files) > 1))
        time.sleep(0.2)
    return 0


def _labelled(name: str, line: str, *, many: bool) -> str:
    return f"{name} | {line}" if many else line
