"""Paths of Uz as names of Azure Key Vault, which allows letters, digits and hyphens only.

`/` becomes `--`. So that the way back is certain, the parts of a path may have single hyphens, and
none at their ends. A name without `/` stays as it is.
"""

import re

from uz.errors import SecretError

BETWEEN = "--"
MOST = 127
"""Characters: Azure allows no more."""
NAME = re.compile(r"[0-9A-Za-z-]+")
PART = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")
VERSION = re.compile(r"[0-9a-f]{32}")


def split(path: str) -> tuple[str, str]:
    """The path itself, and the version where its last part looks like one; else empty."""
    before, _, last = path.rpartition("/")
    return (before, last) if before and VERSION.fullmatch(last) else (path, "")


def name_of(path: str) -> str:
    """The name under which Azure keeps what is at a path. Raises SecretError for what it cannot."""
    parts = path.split("/")
    fits = NAME.fullmatch(path) if len(parts) == 1 else all(map(PART.fullmatch, parts))
    if not fits:
        raise SecretError(
            f"{path}: Azure Key Vault cannot keep a secret of this name",
            hint="Each part of it may have letters, digits and single hyphens between them.",
        )
    name = BETWEEN.join(parts)
    if len(name) > MOST:
        raise SecretError(
            f"{path}: {len(name)} characters are too many for a name in Azure Key Vault",
            hint=f"It keeps names of at most {MOST}: shorten the path, or `prefix` in [secrets].",
        )
    return name


def path_of(name: str) -> str | None:
    """The path that a name in Azure stands for; None where Uz would not have written it."""
    parts = name.split(BETWEEN)
    return "/".join(parts) if all(map(PART.fullmatch, parts)) else None
