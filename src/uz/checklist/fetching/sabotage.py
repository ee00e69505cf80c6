"""Each a way in which a pipeline's role, or what lies beside it, is too open."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import hvac

from uz.checklist.fetching.files import bootstrap_of
from uz.checklist.fetching.identities import ELSE
from uz.checklist.fetching.mirror import settings_of
from uz.checklist.fetching.reach import opened
from uz.environment import Environment, only_in_rehearsals
from uz.errors import UzError
from uz.managers.pipeline import MOUNT, ROLE, configure, unconfigure
from uz.spec import Pipeline

ROLE_PATH = f"auth/{MOUNT}/role/{ROLE}"
MADE_UP = Pipeline(issuer="https://ci.invalid", audience="uz", claims={"repository": "acme/shop"})
"""Where `uz.toml` lets no pipeline in: that one is let in all the same is what is found then."""
MONTH = 720 * 3600
"""Seconds."""


def any_subject(env: Environment) -> AbstractContextManager[None]:
    """Let every repository and branch in: the claims may say anything."""
    loose = dict.fromkeys((env.spec.pipeline or MADE_UP).claims, "*")
    return _changed(env, bound_claims=loose, bound_claims_type="glob")


def any_audience(env: Environment) -> AbstractContextManager[None]:
    """Take tokens that were made for somebody else: for every audience that the proof tries."""
    audience = (env.spec.pipeline or MADE_UP).audience
    return _changed(env, bound_audiences=[audience, ELSE])


def expired_accepted(env: Environment) -> AbstractContextManager[None]:
    """Take a token for an hour after its end."""
    return _changed(env, clock_skew_leeway=3600)


def long_lived_token(env: Environment) -> AbstractContextManager[None]:
    """Give the pipeline a token for a month."""
    return _changed(env, token_ttl=MONTH, token_max_ttl=MONTH, token_explicit_max_ttl=MONTH)


@contextmanager
def token_left(env: Environment) -> Iterator[None]:
    """Leave a token behind that is renewed without an end."""
    client, _ = opened(env)
    made = client.auth.token.create_orphan(
        policies=["default"], period="24h", display_name="left-behind"
    )
    try:
        yield
    finally:
        client.auth.token.revoke_accessor(made["auth"]["accessor"])


@contextmanager
def open_bootstrap(env: Environment) -> Iterator[None]:
    """Let every user of the machine read the rehearsal's own bootstrap credential.

    Raises UzError where it is another's: that one opens more than a rehearsal.
    """
    only_in_rehearsals(env)
    path = bootstrap_of(env)
    if path != env.folder.parent / f"{env.name}.bootstrap" or path.is_symlink():
        raise UzError(
            f"{path}: is not the rehearsal's own bootstrap credential, so it is left closed",
            hint="Leave secrets.bootstrap out of what is rehearsed.",
        )
    path.chmod(0o644)
    try:
        yield
    finally:
        path.chmod(0o400)


@contextmanager
def _changed(env: Environment, **settings: Any) -> Iterator[None]:
    """Change the role that is in use, and put it back as it was."""
    client, _ = opened(env)
    found = client.read(ROLE_PATH)
    if found is None:
        configure(client, MADE_UP, "", ROLE)
    before = (found or client.read(ROLE_PATH))["data"]
    try:
        client.write_data(ROLE_PATH, data=settings_of(before) | settings)
        yield
    finally:
        _put_back(client, before if found else None)


def _put_back(client: hvac.Client, before: dict[str, Any] | None) -> None:
    if before is None:
        unconfigure(client)
    else:
        client.write_data(ROLE_PATH, data=settings_of(before))
