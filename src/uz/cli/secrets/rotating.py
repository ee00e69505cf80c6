"""`uz secrets rotate`."""

import argparse
import re
from typing import TYPE_CHECKING

from uz.cli.screen import Screen
from uz.cli.secrets.setting import add_value, asked_for, name_of, refuse_values
from uz.errors import SpecError

if TYPE_CHECKING:
    from uz.environment import Rotated

OWN = re.compile(r"[a-z0-9-]{1,63}(/[a-z0-9-]{1,63})+")
"""How the names begin and go on that Uz gives what it makes up."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz secrets rotate`."""
    add_value(parser, "such as redis/app, or stripe-key of yours")


def run(arguments: argparse.Namespace) -> int:
    """Give a secret a new value; that of yours comes from a prompt, or from standard input."""
    from uz.operations.place import place_of
    from uz.operations.rotate import own_name, rotate

    screen = Screen(quiet=arguments.quiet)
    refuse_values(arguments)
    if "/" in arguments.name and not OWN.fullmatch(arguments.name):
        raise SpecError(
            "that is not a name such as redis/app: a-z, 0-9, hyphens and slashes",
            hint="`uz secrets list` shows all names. If it was a value, it has to be changed.",
        )
    place = place_of(arguments.project, arguments.environment)
    if own_name(place, arguments.name):
        value, name = None, arguments.name
    else:
        name = name_of(arguments)
        value = asked_for(screen, name, keep=arguments.keep_newline)
    done = rotate(place, name, value, f"secrets rotate {name}", screen.step)
    screen.line(said(done))
    if value is not None:
        screen.note("no server of Uz's opens with it: revoke the old one where it comes from")
    return 0


def said(done: "Rotated") -> str:
    """What was done, in one line."""
    parts = [f"version {done.version}" if done.version else "new value"]
    parts.append(f"taken up by {', '.join(done.readers)}" if done.readers else "nobody reads it")
    if done.refused_by:
        parts.append(f"the old one is refused by {', '.join(done.refused_by)}")
    return f"{done.name}: {'; '.join(parts)}; {done.seconds:.1f} s"
