"""Keeping one value of the user's in the secrets manager."""

from dataclasses import dataclass

from uz.errors import SecretError
from uz.managers import WHOLE, Kept, Manager
from uz.managers.naming import path_for, reference_for
from uz.secret import Secret
from uz.spec import Spec
from uz.spec.reference import parse_reference
from uz.spec.sensitive import FEWEST
from uz.stack import Stack


@dataclass(frozen=True)
class Stored:
    """What was kept, and who has to be told."""

    reference: str
    version: str
    changed: bool
    readers: tuple[str, ...]
    """Services that read it; they get the new value with the next `uz up`."""


def set_secret(manager: Manager, spec: Spec, stack: Stack, name: str, value: Secret) -> Stored:
    """Keep a value under a name, beside what else is kept there. Raises SecretError."""
    refuse_unfit(name, value, fewest_of(spec, name))
    reference = reference_for(spec, name)
    before = manager.read(path_for(spec, name))
    readers = readers_of(stack, spec, path_for(spec, name))
    if before and before.fields.get(field_of(spec, name)) == value:
        return Stored(reference, before.version, changed=False, readers=readers)
    after = keep(manager, spec, name, value, before)
    return Stored(reference, after.version, changed=True, readers=readers)


def keep(manager: Manager, spec: Spec, name: str, value: Secret, before: Kept | None) -> Kept:
    """Write the one field; the others at its path stay. Raises SecretError."""
    field = field_of(spec, name)
    others = before.fields if before and field != WHOLE else {}
    return manager.write(path_for(spec, name), {**others, field: value})


def field_of(spec: Spec, name: str) -> str:
    """Which field of its path a secret is in: the one that its reference names."""
    return parse_reference(reference_for(spec, name)).key or WHOLE


def readers_of(stack: Stack, spec: Spec, path: str) -> tuple[str, ...]:
    """The services that read anything at a path of the manager."""
    found = [
        service
        for reference, services in stack.references().items()
        if path == path_of(spec, reference)
        for service in services
    ]
    return tuple(dict.fromkeys(found))


def path_of(spec: Spec, reference: str) -> str:
    """The path that a reference means, as the manager lists it; empty where it means another."""
    found, own = parse_reference(reference), parse_reference(reference_for(spec, "any"))
    if found.scheme != own.scheme:
        return ""
    if found.scheme == "azurekeyvault":
        vault, _, path = found.path.partition("/")
        return path if vault == own.path.partition("/")[0] else ""
    return found.path


def fewest_of(spec: Spec, name: str) -> int:
    """The fewest characters of a value: an access key is a name, and may be short."""
    wanted = parse_reference(reference_for(spec, name))
    there = (wanted.scheme, wanted.path, wanted.key)
    known = map(parse_reference, spec.names)
    return 1 if any((one.scheme, one.path, one.key) == there for one in known) else FEWEST


def refuse_unfit(name: str, value: Secret, fewest: int = FEWEST) -> None:
    """Raise SecretError, without the value, where it cannot be kept as a secret."""
    data = value.reveal()
    text = _text(data)
    if text is None or "\0" in text:
        raise SecretError(
            f"{name}: not text in UTF-8 without zero bytes, which is all that managers keep",
            hint="Encode it first, such as with `base64 -w0`, and decode it in the app.",
        )
    if len(text) < fewest:
        raise SecretError(
            f"{name}: shorter than {fewest} characters, and so no secret",
            hint="Shorter values are guessed, and cannot be told from words in logs.",
        )


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:  # it holds the value, so nothing is raised from it
        return None
