"""Managers that keep one text for each secret and no fields: how fields become a text, and back.

The whole text is both WHOLE and `value`. Several fields are written as a JSON object; of a JSON
object each text and number is a field too.
"""

import json
from collections.abc import Mapping

from uz.errors import SecretError
from uz.managers.inside import as_secret, object_in
from uz.managers.protocol import VALUE, WHOLE
from uz.managers.text import texts
from uz.secret import Secret


def fields_of(secret: Secret) -> dict[str, Secret]:
    """What there is to read in a text."""
    members = {name: as_secret(value) for name, value in object_in(secret).items()}
    present = {name: member for name, member in members.items() if member is not None}
    return {**present, VALUE: secret, WHOLE: secret}


def text_of(path: str, fields: Mapping[str, Secret], at_most: int) -> str:
    """The text to keep for fields; `at_most` bytes. Raises SecretError that shows no value."""
    found = texts(path, fields)
    stands_for_all = next((name for name in (WHOLE, VALUE) if name in found), None)
    if stands_for_all is None:
        text = json.dumps(found, ensure_ascii=False)
    else:
        text = found[stands_for_all]
        _refuse_others(path, fields, fields_of(fields[stands_for_all]))
    size = len(text.encode())
    if not text or not fields:
        raise SecretError(f"{path}: there is nothing to keep", hint="Give it a value.")
    if size > at_most:
        raise SecretError(
            f"{path}: {size} bytes are too many, at most {at_most} can be kept there",
            hint="Keep the large part in a file of its own, encrypted, and its key here.",
        )
    return text


def _refuse_others(path: str, fields: Mapping[str, Secret], agreeing: Mapping[str, Secret]) -> None:
    for name, secret in fields.items():
        if secret != agreeing.get(name):
            raise SecretError(
                f"{path}: {name!r} cannot be kept beside {VALUE!r}, which stands for all of it",
                hint="This manager keeps one value at a path: write them at two paths.",
            )
