"""Whether every secret that `uz.toml` refers to is there, and fit to be one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from uz.errors import SecretError, UnreachableError
from uz.managers import Manager
from uz.operations.list_secrets import users_paths
from uz.operations.set_secret import path_of
from uz.secret import Secret
from uz.spec import Spec
from uz.spec.reference import Reference, parse_reference
from uz.stack import Stack

Resolve = Callable[[Reference], Secret]
"""Fetches what a reference means. Raises SecretError where that is nothing, or no secret."""


@dataclass(frozen=True)
class Checked:
    """Everything that is wrong, one line each, and what nobody reads."""

    resolved: tuple[str, ...]
    problems: tuple[str, ...]
    unused: tuple[str, ...]


def check_secrets(manager: Manager | None, spec: Spec, stack: Stack, resolve: Resolve) -> Checked:
    """Fetch every reference and list all that is wrong; without a manager nothing is unused.

    Raises SecretError where the manager cannot list what it keeps.
    """
    references = stack.references()
    problems = dict(_problems(references, resolve))
    lines = tuple(
        f"{why} (read by {', '.join(references[text])})" for text, why in problems.items()
    )
    used = {path_of(spec, text) for text in references}
    kept = users_paths(manager, spec) if manager else ()
    return Checked(
        tuple(text for text in references if text not in problems),
        lines,
        tuple(path for path in kept if path not in used),
    )


def _problems(
    references: dict[str, tuple[str, ...]], resolve: Resolve
) -> Iterator[tuple[str, str]]:
    silent: dict[str, str] = {}
    for text in references:
        reference = parse_reference(text)
        if reference.scheme in silent:  # each would be waited for
            yield text, f"{text}: {silent[reference.scheme]}"
            continue
        try:
            resolve(reference)
        except UnreachableError as error:
            silent[reference.scheme] = str(error)
            yield text, f"{text}: {error}"
        except SecretError as error:
            yield text, _naming(text, str(error))


def _naming(text: str, why: str) -> str:
    return why if text in why else f"{text}: {why}"
