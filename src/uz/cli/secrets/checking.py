"""`uz secrets check`."""

import argparse

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:  # noqa: ARG001
    """`uz secrets check` has none of its own."""


def run(arguments: argparse.Namespace) -> int:
    """Fetch every secret that uz.toml refers to; exit code 2 where one is missing or unfit."""
    from uz.managers.opening import managers_for
    from uz.managers.resolve import resolve
    from uz.operations.check_secrets import check_secrets
    from uz.operations.place import place_of
    from uz.operations.reaching import reached
    from uz.secret import Secret
    from uz.spec import ManagerKind
    from uz.spec.reference import Reference

    screen = Screen(quiet=arguments.quiet)
    place = place_of(arguments.project, arguments.environment)
    own = None
    if place.spec.secrets.manager is not ManagerKind.FILE:
        own = reached(place, "secrets check", screen.step).manager

    opened = managers_for(place.spec, own, place.project)

    def fetched(reference: Reference) -> Secret:
        return resolve([reference], opened, names=place.spec.names)[reference.text]

    found = check_secrets(own, place.spec, place.stack, fetched)
    for problem in found.problems:
        screen.line(problem)
    for path in found.unused:
        screen.note(f"{path}: no service reads it")
    references = len(found.resolved) + len(found.problems)
    screen.line(f"{len(found.resolved)} of {references} references of uz.toml lead to a secret")
    if found.problems:
        screen.note("next: `uz secrets set NAME`, or correct the reference in uz.toml")
    return 2 if found.problems else 0
