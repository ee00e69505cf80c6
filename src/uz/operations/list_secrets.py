"""What the secrets manager keeps for an environment: names and versions, never values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from uz.managers import Kept, ManagedSecrets, Manager
from uz.managers.naming import own_prefix, path_for
from uz.operations.set_secret import path_of, readers_of
from uz.spec import Spec
from uz.spec.reference import parse_reference
from uz.stack import Stack
from uz.targets.local.rotation.choosing import read_by


@dataclass(frozen=True)
class Listed:
    """One secret, without its value."""

    name: str
    path: str
    version: str
    written_at: datetime | None
    readers: tuple[str, ...]
    own: bool
    """Whether Uz made it up."""


@dataclass(frozen=True)
class Missing:
    """A reference of `uz.toml` that leads to nothing, and who needs it."""

    reference: str
    readers: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """All that is kept, and what is referred to and not there."""

    secrets: tuple[Listed, ...]
    missing: tuple[Missing, ...]


def list_secrets(manager: Manager, spec: Spec, stack: Stack) -> Listing:
    """List the user's secrets, then Uz's own; and what `uz.toml` refers to in vain.

    References into other managers are left to `uz secrets check`. Raises SecretError.
    """
    own = ManagedSecrets(manager, own_prefix(spec))
    found = [*_users(manager, spec, stack), *_own(own, stack)]
    return Listing(tuple(found), tuple(_missing(manager, spec, stack)))


def users_paths(manager: Manager, spec: Spec) -> tuple[str, ...]:
    """The paths of the user's secrets for this environment."""
    prefix = path_for(spec, "any").removesuffix("/any")
    own = f"{own_prefix(spec)}/"
    return tuple(path for path in manager.paths(prefix) if not path.startswith(own))


def _users(manager: Manager, spec: Spec, stack: Stack) -> Iterator[Listed]:
    prefix = path_for(spec, "any").removesuffix("any")
    for path in users_paths(manager, spec):
        kept = manager.read(path)
        if kept:
            readers = readers_of(stack, spec, path)
            yield _listed(path.removeprefix(prefix), path, kept, readers, own=False)


def _own(source: ManagedSecrets, stack: Stack) -> Iterator[Listed]:
    for name in source.names():
        kept = source.kept(name)
        if kept:
            readers = tuple(one.name for one in stack.services if name in read_by(one))
            yield _listed(name, source.path(name), kept, readers, own=True)


def _listed(name: str, path: str, kept: Kept, readers: tuple[str, ...], *, own: bool) -> Listed:
    return Listed(name, path, kept.version, kept.written_at, readers, own)


def _missing(manager: Manager, spec: Spec, stack: Stack) -> Iterator[Missing]:
    for text, readers in stack.references().items():
        path = path_of(spec, text)
        if not path:
            continue
        reference = parse_reference(text)
        kept = manager.read(path, parameters=reference.parameters)
        if kept is None or not _holds(kept, reference.key):
            yield Missing(text, readers)


def _holds(kept: Kept, key: str) -> bool:
    """Whether the field is there; a key with `/` leads into a field, which `check` follows."""
    return not key or key.partition("/")[0] in kept.fields
