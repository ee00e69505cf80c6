"""Three ways to log in to Vault or OpenBao.

Each login leaves the client with the token it got, and returns for how many seconds that is still
good: None where it has no end. RefusedError where the server does not let Uz in.
"""

import re

import hvac
from hvac.exceptions import VaultError

from uz.errors import RefusedError
from uz.managers.vault_errors import OWN, YOURS, answered, errors, status_of, unknown_token
from uz.managers.vault_session import connect
from uz.secret import Secret

__all__ = ["by_approle", "by_jwt", "by_token", "connect"]

PRINTABLE = re.compile(r"[\x21-\x7e]+")
"""Credentials are sent in headers and JSON: one word of ASCII."""


def by_token(client: hvac.Client, token: Secret, *, title: str = YOURS) -> int | None:
    """Use a token that was given; the server is asked whether it is still good."""
    name = f"{title} at {client.url}"
    client.token = _word(name, token, "token")
    with errors(name):
        try:
            answer = client.auth.token.lookup_self()
        except VaultError as error:
            if status_of(error) == 403 and not unknown_token(error):
                return None  # it is good, and its policy does not let it look at itself
            raise
    return int(answered(name, answer)["data"].get("ttl") or 0) or None


def by_approle(
    client: hvac.Client,
    role_id: str,
    secret_id: Secret,
    mount: str = "approle",
    *,
    title: str = YOURS,
) -> int | None:
    """Log in as an AppRole."""
    name = f"{title} at {client.url}"
    client.token = None
    word = _word(name, secret_id, "secret id")
    own = "The bootstrap credential is not the one it was set up with: `uz secrets recover` helps."
    yours = "Role id and secret id have to fit; a secret id may have expired or be used up."
    hint = own if title == OWN else yours
    with errors(name, login=f"the AppRole at auth/{mount}", hint=hint):
        answer = client.auth.approle.login(role_id, word, use_token=False, mount_point=mount)
    return _entered(client, name, answer)


def by_jwt(
    client: hvac.Client, role: str, token: Secret, mount: str = "jwt", *, title: str = YOURS
) -> int | None:
    """Log in by an identity token, such as a pipeline has."""
    name = f"{title} at {client.url}"
    client.token = None
    word = _word(name, token, "identity token")
    where = "[pipeline] in uz.toml" if title == OWN else f"The role {role!r} of auth/{mount}"
    hint = f"{where} says which issuer, audience and claims the token has to have."
    with errors(name, login=f"the role {role!r} at auth/{mount}", hint=hint):
        answer = client.auth.jwt.jwt_login(role, word, use_token=False, path=mount)
    return _entered(client, name, answer)


def _entered(client: hvac.Client, name: str, answer: object) -> int | None:
    """Take the token of a login into use."""
    given = answered(name, answer).get("auth") or {}
    if not given.get("client_token"):
        raise RefusedError(
            f"{name}: the login gave no token",
            hint="A login that asks for a second factor is none that Uz can use.",
        )
    client.token = given["client_token"]
    return int(given.get("lease_duration") or 0) or None


def _word(name: str, secret: Secret, what: str) -> str:
    """A credential as text, without the line end of the file it was in. Raises RefusedError."""
    text = secret.reveal().decode(errors="replace").strip()
    if not PRINTABLE.fullmatch(text):
        why = "holds characters that none has" if text else "is empty"
        raise RefusedError(f"{name}: the {what} {why}", hint=f"Keep the {what} as it was given.")
    return text
