"""Which secrets can be rotated, and why others cannot."""

from uz.errors import UzError
from uz.spec import Spec
from uz.stack import SecretText, Service, Stack
from uz.targets.local.certificates import AUTHORITY, AUTHORITY_KEY, CERTIFICATE, KEY

REASONS = {
    AUTHORITY: "whoever trusts this CA would have to be told to trust another one",
    AUTHORITY_KEY: "whoever trusts this CA would have to be told to trust another one",
    CERTIFICATE: "it is renewed by itself, and with its key by `uz secrets rotate edge/key`",
    "backups/": "the backups that are encrypted by it could not be read any more",
    "openbao/": "it is made from the bootstrap credential, and kept nowhere",
    "rotation/": "it is the record of a rotation that is not over: rotate what it is of",
}
"""By the name, or its beginning."""


def rotatable(spec: Spec, stack: Stack) -> tuple[str, ...]:
    """The names of all that Uz makes up and can make up anew."""
    made = {name for service in stack.services for name in service.passwords}
    edge = {KEY} if spec.edge.certificate is None else set()
    reasons = tuple(one for one in REASONS if one.endswith("/"))
    return tuple(sorted(name for name in made | edge if not name.startswith(reasons)))


def refuse_others(spec: Spec, stack: Stack, name: str) -> None:
    """Raise UzError, with the reason, for what cannot be rotated."""
    known = rotatable(spec, stack)
    if name in known:
        return
    for beginning, why in REASONS.items():
        if name == beginning or (beginning.endswith("/") and name.startswith(beginning)):
            raise UzError(f"{name} is not rotated: {why}", hint=_choice(known))
    if name == KEY:
        raise UzError(
            f"{name} is yours: edge.certificate_key in uz.toml names its file",
            hint="Put a new certificate and key there, and run `uz up`.",
        )
    raise UzError("Uz makes up no secret of this name", hint=_choice(known))  # or is it a value?


def _choice(known: tuple[str, ...]) -> str:
    return f"Those that can be: {', '.join(known) or 'none'}."


def readers(stack: Stack, name: str) -> tuple[str, ...]:
    """The services that run on with a secret, or with a text that holds it."""
    return tuple(one.name for one in stack.services if name in read_by(one) and not one.once)


def read_by(service: Service) -> set[str]:
    """The names of what a service reads of Uz's own, alone or in a text."""
    wanted = service.credentials.values()
    texts = {name for one in wanted if isinstance(one, SecretText) for name in one.names()}
    return texts | {one for one in wanted if isinstance(one, str)}
