"""References to secrets, in the syntax of vals: `ref+vault://secret/stripe#/key`.

https://github.com/helmfile/vals: scheme, path, parameters, and the field after `#/`. A reference
stands for the whole value; text around it is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote

MARK = "ref+"
PARAMETERS = {
    "vault": ("version",),
    "awssecrets": ("region", "version_id", "version_stage"),
    "azurekeyvault": (),
    "file": (),
}
"""The schemes, and what may stand after `?` in each."""
GLOB = re.compile(r"\*|(?:^|/)\+(?:/|$)")
"""What stands for many paths in a policy of OpenBao."""
FORM = re.compile(r"ref\+([a-z]+)://([^?#\s]+)(?:\?([^#\s]*))?(?:#/([^#\s]+))?")
EXAMPLE = "write one such as ref+vault://secret/stripe#/key"


@dataclass(frozen=True)
class Reference:
    """Where a secret is: the manager's scheme, the path there, and the key of what is there."""

    scheme: str
    path: str
    key: str = ""
    """The field. Empty for the whole; parts of a path into JSON are parted by `/`."""
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    text: str = ""
    """As it was written."""

    def __str__(self) -> str:
        """As it was written."""
        return self.text

    def __hash__(self) -> int:
        """Of the text, which says all."""
        return hash(self.text)


def is_reference(text: str) -> bool:
    """Whether a value means a secret elsewhere, well written or not."""
    return text.lstrip().lower().startswith(MARK)


def parse_reference(text: str) -> Reference:
    """Read a reference. Raises ValueError that says what is wrong."""
    found = FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:80]!r} is no reference to a secret: {EXAMPLE}")
    scheme, path, query, name = found.groups()
    if scheme not in PARAMETERS:
        raise ValueError(f"{scheme!r} is no secrets manager (known: {', '.join(PARAMETERS)})")
    parameters = dict(parse_qsl(query or "", keep_blank_values=True))
    unknown = sorted(parameters.keys() - set(PARAMETERS[scheme]))
    if unknown:
        known = ", ".join(PARAMETERS[scheme]) or "none"
        raise ValueError(f"{unknown[0]!r} is no parameter of ref+{scheme} (known: {known})")
    parts = [part for part in unquote(path).split("/") if part not in {"", "."}]
    if not parts or ".." in parts or not unquote(path + (name or "")).isprintable():
        raise ValueError(f"{text[:80]!r} has no path that leads to a secret: {EXAMPLE}")
    if scheme == "vault" and not name:
        raise ValueError(f"{text[:80]!r} names no field: {EXAMPLE}")
    if scheme == "vault" and len(parts) < 2:
        raise ValueError(f"{text[:80]!r} needs a mount and a path: {EXAMPLE}")
    if scheme == "vault" and GLOB.search("/".join(parts)):
        raise ValueError(f"{text[:80]!r}: a path with * or + in it would mean many secrets")
    absolute = "/" if scheme == "file" and path.startswith("/") else ""
    return Reference(
        scheme, absolute + "/".join(parts), unquote(name or ""), MappingProxyType(parameters), text
    )
