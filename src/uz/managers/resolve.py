"""From references to values: each path is read once, and all that is wrong is told at once."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from uz.errors import SecretError, UnreachableError
from uz.managers.inside import found_in, object_in
from uz.managers.protocol import WHOLE, Kept, Manager
from uz.secret import Secret
from uz.spec.reference import Reference
from uz.spec.sensitive import FEWEST

SHOWN = 10
"""Fields that a message names, where another was asked for."""
HINT = "`uz secrets set NAME` keeps a value, `uz secrets check` shows what is missing."
Place = tuple[str, str, tuple[tuple[str, str], ...]]


def resolve(
    references: Iterable[Reference],
    manager_for: Callable[[Reference], Manager],
    *,
    names: Container[str] = (),
) -> dict[str, Secret]:
    """The value of each reference, by its text; `names` are those that may be short, as they lead
    to a name such as an access key, and to no secret.

    Raises SecretError with a line for each that leads to none, to less than a secret, or to what a
    manager refuses; one error of a manager's that is all there is to tell passes as it is. So does
    UnreachableError, at once: each path would be waited for, and the sealed copy may help.
    """
    wanted = {reference.text: reference for reference in references}
    read = _read(wanted.values(), manager_for)
    found: dict[str, Secret] = {}
    problems = {}
    for text, reference in wanted.items():
        fewest = 1 if text in names else FEWEST
        secret, why = _judged(reference, read[_place(reference)], fewest)
        if secret is None:
            problems[text] = why
        else:
            found[text] = secret
    if problems:
        raise _told(problems, _errors(read))
    return found


def _read(
    references: Iterable[Reference], manager_for: Callable[[Reference], Manager]
) -> dict[Place, Kept | SecretError | None]:
    """What is at each place, or why its manager does not give it. Raises UnreachableError."""
    read: dict[Place, Kept | SecretError | None] = {}
    for reference in references:
        place = _place(reference)
        if place in read:
            continue
        try:
            manager = manager_for(reference)
            read[place] = manager.read(reference.path, parameters=reference.parameters or None)
        except UnreachableError:
            refused = _errors(read)
            if refused:  # then the sealed copy is not to be used
                raise refused[0] from None
            raise
        except SecretError as error:
            read[place] = error
    return read


def _errors(read: Mapping[Place, Kept | SecretError | None]) -> list[SecretError]:
    return [one for one in read.values() if isinstance(one, SecretError)]


def _told(problems: Mapping[str, str], errors: Sequence[SecretError]) -> SecretError:
    """One error for all that is wrong."""
    missing = set(problems.values()) - {str(one) for one in errors}
    if not missing and len({str(one) for one in errors}) == 1:
        return errors[0]
    hints = [*dict.fromkeys(one.hint for one in errors if one.hint), *([HINT] if missing else [])]
    lines = (why if text in why else f"{text}: {why}" for text, why in problems.items())
    return SecretError("\n".join(lines), hint=" ".join(hints))


def value_at(fields: Mapping[str, Secret], key: str) -> Secret | None:
    """The value that a key names: WHOLE for none, a field, or further inside one that is JSON."""
    if not key:
        return fields.get(WHOLE)
    keys = key.split("/")
    inside = found_in(fields[WHOLE], keys) if WHOLE in fields else None
    if inside is not None:
        return inside
    if key in fields:
        return fields[key]
    field = fields.get(keys[0])
    return None if field is None else found_in(field, keys[1:])


def _judged(
    reference: Reference, kept: Kept | SecretError | None, fewest: int
) -> tuple[Secret | None, str]:
    """The secret, or why there is none."""
    if isinstance(kept, SecretError):
        return None, str(kept)
    if kept is None:
        return None, f"nothing at {reference.path}"
    secret = value_at(kept.fields, reference.key)
    if secret is None:
        has = _names(kept.fields)
        lacks = f"no field {reference.key!r}" if reference.key else "no value of its own"
        return None, f"{reference.path} has {lacks} (it has: {has})"
    length = len(secret.reveal().decode(errors="replace"))
    if length < fewest:
        characters = "1 character" if length == 1 else f"{length} characters"
        return None, f"too short to be a secret: {characters}, at least {fewest}"
    return secret, ""


def _names(fields: Mapping[str, Secret]) -> str:
    """The names of fields, of a JSON object its keys; never values."""
    whole = object_in(fields[WHOLE]) if WHOLE in fields else {}
    names = sorted(name if name.isprintable() else repr(name) for name in whole or fields if name)
    more = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return ", ".join(names[:SHOWN] + more) or "none"


def _place(reference: Reference) -> Place:
    return reference.scheme, reference.path, tuple(sorted(reference.parameters.items()))
