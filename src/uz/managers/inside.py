"""Reaching into a secret whose text is a JSON object, as keys of references do."""

import json
from collections.abc import Sequence
from typing import Any

from uz.secret import Secret


def object_in(secret: Secret) -> dict[str, Any]:
    """The JSON object that a secret's text is; empty where it is none. Numbers stay as written."""
    value = secret.reveal()
    if not value.lstrip().startswith(b"{"):
        return {}
    try:
        found = json.loads(value, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def found_in(secret: Secret, keys: Sequence[str]) -> Secret | None:
    """The text that keys lead to, object in object; None where they lead to none."""
    step: Any = object_in(secret)
    for key in keys:
        if not isinstance(step, dict) or key not in step:
            return None
        step = step[key]
    return as_secret(step)


def as_secret(value: object) -> Secret | None:
    """Hide a text; None for anything else, and for half a character."""
    if not isinstance(value, str):
        return None
    try:
        return Secret(value.encode())
    except UnicodeEncodeError:
        return None
