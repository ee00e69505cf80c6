"""`uz down`."""

import argparse

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz down`."""
    parser.add_argument(
        "--delete-data",
        action="store_true",
        help="also remove data, releases and secrets; asks, and never for production",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(arguments: argparse.Namespace) -> int:
    """Stop the environment; where asked, remove it."""
    from uz.cli.asking import agreed
    from uz.operations.take_down import refuse_deletion, take_down

    screen = Screen(quiet=arguments.quiet)
    if arguments.delete_data:
        layout = refuse_deletion(arguments.project, arguments.environment)
        if not agreed(f"Remove {layout.root} with all its data?", yes=arguments.yes):
            screen.line("nothing was changed")
            return 2
    stopped = take_down(
        arguments.project,
        arguments.environment,
        " ".join(arguments.words),
        progress=screen.step,
        delete_data=arguments.delete_data,
    )
    what = f"{len(stopped)} services stopped" if stopped else "nothing was running"
    kept = "its data is removed" if arguments.delete_data else "data, releases and secrets stay"
    screen.line(f"{arguments.environment} is down: {what}, {kept}")
    return 0
