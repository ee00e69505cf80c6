"""`uz up`."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from uz.cli.screen import Screen

if TYPE_CHECKING:
    from uz.secret import Secret

TOKEN = "UZ_IDENTITY_TOKEN"


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
        "--identity-token-file",
        type=Path,
        metavar="FILE",
        help="log in to the secrets manager by this identity token of a pipeline (without it: by"
        " the variable UZ_IDENTITY_TOKEN, where it is set)",
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
        identity=identity(arguments.identity_token_file, os.environ),
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


def identity(file: Path | None, environment: Mapping[str, str]) -> "Secret | None":
    """The identity token of a pipeline, where it brought one. Raises SecretError."""
    from uz.errors import SecretError
    from uz.secret import Secret

    if file is None and TOKEN not in environment:
        return None
    if file is None:
        return Secret(_token(TOKEN, environment[TOKEN]).encode())
    try:
        token = sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not a text"
        raise SecretError(f"{file}: {why}", hint="Name the file with the token.") from error
    return Secret(_token(str(file), token).encode())


def _token(where: str, text: str) -> str:
    """What a pipeline brought. Raises SecretError where that is nothing: it must not become the
    login of the machine itself."""
    from uz.errors import SecretError

    if not text.strip():
        raise SecretError(f"{where}: empty", hint="Did the pipeline get its identity token?")
    return text.strip()
