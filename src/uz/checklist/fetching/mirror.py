"""A mirror of the pipeline's role: the same conditions, and a key that the proof has itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import hvac

from uz.managers.pipeline import ROLE

MIRROR = "jwt-proof"
"""Where it is mounted while it is tried."""
DROPPED = {"policies", "ttl", "max_ttl", "period", "num_uses", "bound_cidrs"}
"""Older names of settings, told twice."""
UNTAKEN = (hvac.exceptions.InvalidRequest, hvac.exceptions.Forbidden)
"""What a login is answered by that is refused; everything else decides nothing."""


@contextmanager
def mirrored(client: hvac.Client, role: Mapping[str, Any], issuer: str, key: str) -> Iterator[None]:
    """Put the mirror up, and take it away with all tokens that it gave, whatever happens.

    So is one that a killed run left behind.
    """
    remove(client)
    try:
        client.sys.enable_auth_method("jwt", path=MIRROR, description="of a proof that is running")
        trusted = {"jwt_validation_pubkeys": [key], "bound_issuer": issuer}
        client.write_data(f"auth/{MIRROR}/config", data=trusted)
        client.write_data(f"auth/{MIRROR}/role/{ROLE}", data=settings_of(role))
        yield
    finally:
        remove(client)


def remove(client: hvac.Client) -> None:
    """Take the mirror away; nothing happens where there is none."""
    client.sys.disable_auth_method(MIRROR)


def enter(client: hvac.Client, mount: str, token: str) -> dict[str, Any] | None:
    """What a login by this token gives; None where it is refused."""
    try:
        answer = client.auth.jwt.jwt_login(ROLE, token, use_token=False, path=mount)
    except UNTAKEN:
        return None
    found: dict[str, Any] = answer["auth"]
    return found


def settings_of(role: Mapping[str, Any]) -> dict[str, Any]:
    """What of a role, as it is read, can be written."""
    return {
        name: value for name, value in role.items() if value is not None and name not in DROPPED
    }
