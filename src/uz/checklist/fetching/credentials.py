"""Credentials in OpenBao itself that are good for long: tokens, secret ids, other ways in."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import hvac

from uz.checklist.fetching.mirror import MIRROR
from uz.managers.pipeline import MOUNT
from uz.managers.rights import OPERATOR

HOUR = 3600
"""Seconds: what is good for longer is a credential with a long life."""
KNOWN = frozenset({"token/", "approle/", f"{MOUNT}/"})
"""The ways to log in that Uz sets up."""
GONE = (hvac.exceptions.Forbidden, hvac.exceptions.InvalidPath, hvac.exceptions.InvalidRequest)
"""How it is told that a token or secret id ended between two questions."""


def lasting(client: hvac.Client) -> Iterator[str]:
    """What in OpenBao is good for more than an hour, but for the one bootstrap credential."""
    ways = client.sys.list_auth_methods()["data"]
    for path in sorted(set(ways) - KNOWN):
        left = " (left by a proof that was killed)" if path == f"{MIRROR}/" else ""
        yield f"another way to log in, auth/{path}{left}"
    yield from _tokens(client)
    if "approle/" in ways:
        yield from _approles(client)


def _tokens(client: hvac.Client) -> Iterator[str]:
    for accessor in client.auth.token.list_accessors()["data"]["keys"]:
        with suppress(*GONE):
            found = client.auth.token.lookup_accessor(accessor)["data"]
            if why := _why_lasting(found):
                name = found.get("display_name") or "token"
                yield f"the token {name!r} with the accessor {accessor[:8]}…: {why}"


def _why_lasting(token: dict[str, Any]) -> str:
    """Why a token is good for long, or nothing."""
    if "root" in token["policies"]:
        return "it may do everything"
    if not token["ttl"]:
        return "it has no end"
    if not token["explicit_max_ttl"]:
        if token.get("period"):
            return "it can be renewed without an end"
        if token["renewable"] and token["path"].startswith("auth/token/"):
            return "it can be renewed for a month"
    if max(token["ttl"], token.get("creation_ttl", 0)) > HOUR:
        return f"it is good for {token['ttl']} s"
    return ""


def _approles(client: hvac.Client) -> Iterator[str]:
    for role in _keys(client, "auth/approle/role"):
        settings = client.read(f"auth/approle/role/{role}")
        if settings is None:
            continue
        if not settings["data"]["bind_secret_id"]:
            yield f"the AppRole {role}, which asks for no secret id"
        most = settings["data"]["token_max_ttl"]
        if settings["data"]["token_period"] or not 0 < most <= HOUR:  # 0: what the server allows
            yield f"the tokens of the AppRole {role}, which can be renewed for more than an hour"
        yield from _secret_ids(client, role)


def _secret_ids(client: hvac.Client, role: str) -> Iterator[str]:
    """The operator has one without an end: the bootstrap credential. Nobody else has."""
    accessors = _keys(client, f"auth/approle/role/{role}/secret-id")
    if role == OPERATOR:
        if len(accessors) > 1:
            yield f"{len(accessors)} secret ids of {OPERATOR}: one is the bootstrap credential"
        return
    for accessor in accessors:
        with suppress(*GONE):
            found = client.write_data(
                f"auth/approle/role/{role}/secret-id-accessor/lookup",
                data={"secret_id_accessor": accessor},
            )["data"]
            life = found["secret_id_ttl"]
            if not life or life > HOUR:
                yield f"a secret id of the AppRole {role}, good for {life or 'ever'}"


def _keys(client: hvac.Client, path: str) -> list[str]:
    found = client.list(path)
    return list(found["data"]["keys"]) if found else []
