"""The records of rotations that are not over, kept in the manager beside what is rotated."""

from collections.abc import Mapping

from uz.components.rotating import RECORDS, Record, parsed, values
from uz.errors import SecretError
from uz.secret import Secret, SecretSource


def recorded(source: SecretSource, known: str = "") -> dict[str, Record]:
    """All of them, by the name of what is rotated. Raises SecretError.

    `known`: one that was written just now, which some managers list only after a while.
    """
    names = {one.removeprefix(RECORDS) for one in source.names() if one.startswith(RECORDS)}
    names |= {known} if known else set()
    found = {name: record(source, name) for name in sorted(names)}
    return {name: one for name, one in found.items() if one is not None}


def record(source: SecretSource, name: str) -> Record | None:
    """The record of one rotation, where there is one. Raises SecretError."""
    text = source.read(RECORDS + name)
    try:
        return None if text is None else parsed(text)
    except ValueError as error:
        raise SecretError(
            f"{RECORDS}{name}: {error}",
            hint="Uz keeps it there while it rotates: restore it, or remove it and rotate again.",
        ) from error


def keep(source: SecretSource, name: str, one: Record) -> None:
    """Write down how far a rotation is, and then what the secret is by that."""
    source.write(RECORDS + name, one.text())
    if source.read(name) != one.current:
        source.write(name, one.current)


def decided(records: Mapping[str, Record], source: SecretSource) -> dict[str, Secret]:
    """What texts with secrets hold by the records: what is derived, and passwords that the manager
    has otherwise, where a rotation was interrupted between two writes."""
    differing = {
        name: one.current for name, one in records.items() if source.read(name) != one.current
    }
    return {**values(records), **differing}
