"""Environment variables as values, with an error that says what to write instead."""

import re
from collections.abc import Mapping

DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


class SettingsError(Exception):
    """The shop cannot start with what it was given."""


def seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    """So many seconds, more than none."""
    text = environment.get(name) or str(default)
    if not DECIMAL.fullmatch(text) or not float(text):
        raise SettingsError(f"{name} is not understood: write seconds such as 2 or 0.5")
    return float(text)


def count(environment: Mapping[str, str], name: str, default: int) -> int:
    """A whole number, 1 or more."""
    text = environment.get(name) or str(default)
    if not DECIMAL.fullmatch(text) or not text.isdecimal() or not int(text):
        raise SettingsError(f"{name} is not understood: write a whole number, 1 or more")
    return int(text)


def switch(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Whether something is on."""
    text = environment.get(name) or ("on" if default else "off")
    if text not in {"on", "off"}:
        raise SettingsError(f"{name} is not understood: write on or off")
    return text == "on"
