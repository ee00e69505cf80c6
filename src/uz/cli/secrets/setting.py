"""`uz secrets set`."""

import argparse
import re
import sys
from getpass import getpass

from uz.cli.screen import Screen
from uz.errors import SecretError, SpecError
from uz.secret import Secret

LARGEST = 2**20
"""Bytes that are read; no manager keeps more."""
VARIABLE = re.compile(r"(?=.{3,63}$)[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
"""What looks like the name of a variable, and so may be said again."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz secrets set`."""
    add_value(parser, "such as stripe-key")


def add_value(parser: argparse.ArgumentParser, name: str) -> None:
    """The name of a secret, with this help, and how its value is read."""
    parser.add_argument("name", metavar="NAME", help=name)
    parser.add_argument("more", nargs="*", help=argparse.SUPPRESS)  # a value, by mistake
    parser.add_argument(
        "--keep-newline",
        action="store_true",
        help="keep a line end at the end of standard input, which is left out otherwise",
    )


def run(arguments: argparse.Namespace) -> int:
    """Take the value from a prompt, or from standard input where it is no terminal, and keep it."""
    from uz.operations.managed import managed
    from uz.operations.place import changing, place_of, same_project
    from uz.operations.set_secret import fewest_of, refuse_unfit, set_secret

    screen = Screen(quiet=arguments.quiet)
    name = name_of(arguments)
    place = place_of(arguments.project, arguments.environment)
    same_project(place.layout, place.project)
    value = asked_for(screen, name, keep=arguments.keep_newline)
    refuse_unfit(name, value, fewest_of(place.spec, name))
    with changing(place.layout, f"secrets set {name}"):
        manager = managed(place, screen.step).manager
        done = set_secret(manager, place.spec, place.stack, name, value)
    if done.changed:
        screen.line(f"{name}: version {done.version} in {manager.name}")
    else:
        screen.line(f"{name}: version {done.version} has this value already, nothing was changed")
    if done.readers and done.changed:
        screen.note(f"read by {', '.join(done.readers)}: `uz up` gives it to them")
    elif not done.readers:
        variable = name.upper().replace("-", "_")
        screen.note(f'nobody reads it yet; in uz.toml: app.env.{variable} = "{done.reference}"')
    return 0


def asked_for(screen: Screen, name: str, *, keep: bool) -> Secret:
    """The value, from a prompt or from standard input. Raises SecretError."""
    return _typed(name) if sys.stdin.isatty() else _read(screen, name, keep=keep)


def name_of(arguments: argparse.Namespace) -> str:
    """The name. Raises SpecError, which shows nothing that could be a value."""
    from pydantic import TypeAdapter, ValidationError

    from uz.spec.app import file_of
    from uz.spec.values import CredentialName

    refuse_values(arguments)
    try:
        return TypeAdapter[str](CredentialName).validate_python(arguments.name)
    except ValidationError:  # it shows what was typed
        hint = "It is what the file in CREDENTIALS_DIRECTORY would be called."
    if VARIABLE.fullmatch(arguments.name):
        hint = f"Did you mean {file_of(arguments.name)}?"
    raise SpecError(
        "that is not a name such as stripe-key: a-z, 0-9 and hyphens, at most 63", hint=hint
    )


def refuse_values(arguments: argparse.Namespace) -> None:
    """Raise SpecError, which repeats nothing, where a value was typed with the name."""
    if arguments.more or "=" in arguments.name:
        raise SpecError(
            "a value is never an argument: other users see it, and the shell's history keeps it",
            hint="With NAME alone it is asked for. What was typed now has to be changed where it"
            " comes from, or removed from the history.",
        )


def _typed(name: str) -> Secret:
    first = getpass(f"{name}: ")
    if getpass("once more: ") != first:
        raise SecretError("the two are not the same: nothing was stored", hint="Try again.")
    return Secret(first.encode(errors="surrogateescape"))


def _read(screen: Screen, name: str, *, keep: bool) -> Secret:
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise SecretError(
            f"{name}: more than 1 MiB, and no manager keeps that",
            hint="Keep the large part in a file of its own, encrypted, and its key here.",
        )
    short = data.removesuffix(b"\n")
    short = short.removesuffix(b"\r") if len(short) < len(data) else short
    if keep or len(short) == len(data):
        return Secret(data)
    screen.note("the line end at the end of the input is left out; --keep-newline keeps it")
    return Secret(short)
