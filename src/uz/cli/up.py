"""`uz up`."""

import argparse
import os
import sys

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz up`."""
    parser.add_argument(
        "--foreground",
        action="store_true",
        help="stay, for a service manager: end with the environment, stop it when told to end",
    )
    parser.add_argument(
        "--working-tree",
        action="store_true",
        help="release the files as they lie here, not the last commit",
    )
    parser.add_argument(
        "--adopt", action="store_true", help="take over an environment of a project that moved"
    )


def run(arguments: argparse.Namespace) -> int:
    """Bring the environment up and say how to reach it."""
    from uz.operations.bring_up import bring_up
    from uz.operations.place import place_of

    screen = Screen(quiet=arguments.quiet)
    place = place_of(arguments.project, arguments.environment)
    screen.note(f"{place.spec.app.name} ({place.spec.environment})")
    done = bring_up(
        place,
        " ".join(arguments.words),
        progress=screen.step,
        working_tree=arguments.working_tree,
        adopt=arguments.adopt,
    )
    for note in done.notes:
        screen.note(f"  note: {note}")
    applied = done.applied
    changed = len(applied.started) + len(applied.reloaded) + len(applied.stopped)
    what = f"{changed} changed" if changed else "nothing changed"
    screen.line(
        f"{place.spec.url} is up: release {applied.release}, {what}, {applied.seconds:.1f} s"
    )
    if arguments.foreground:
        place_words = ["--project", str(arguments.project), "--env", arguments.environment]
        down = [*place_words, *(["--quiet"] if arguments.quiet else []), "down"]
        os.execv(  # noqa: S606
            sys.executable,
            [sys.executable, "-m", "uz.targets.local.foreground",
             str(place.layout.run / "supervisord.pid"), *down],
        )  # fmt: skip
    return 0
