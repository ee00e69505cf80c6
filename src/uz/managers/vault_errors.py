"""What Vault or OpenBao answers when it does not do what was asked, in Uz's words.

Nothing of a request is repeated, for it may hold a value; of an answer, what the server says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from hvac.exceptions import VaultError

from uz.errors import RefusedError, SecretError, UnreachableError
from uz.managers.vault_network import unanswered

OWN, YOURS = "OpenBao", "Vault"
"""What messages call the server that Uz runs itself, and one that it does not run."""
DENIED, UNKNOWN_TOKEN = "permission denied", "invalid token"
ABSENT = "no handler for route"
FOLLOWERS = ("active cluster node not found", "no active cluster node")
LONGEST = 300
"""Characters of the server's own words."""
STATUSES = {
    "InvalidRequest": 400, "Unauthorized": 401, "Forbidden": 403, "InvalidPath": 404,
    "RateLimitExceeded": 429, "InternalServerError": 500, "VaultNotInitialized": 501,
    "BadGateway": 502, "VaultDown": 503,
}  # fmt: skip
"""Of the errors of hvac, from a client that does not keep the status."""


@contextmanager
def errors(name: str, *, login: str = "", hint: str = "") -> Iterator[None]:
    """Turn what the server, or the network before it, does not do into Uz's errors.

    `name` is what messages call the server: it begins with OWN where Uz runs it. `login`: what the
    block logs in as, where it does, and then `hint`: what to do where that is refused.
    """
    try:
        yield
    except requests.RequestException as error:
        raise unanswered(name, error) from None
    except VaultError as error:
        if login and status_of(error) in {400, 401, 403, 404}:
            raise _not_let_in(name, login, words_of(error), hint) from None
        raise _refusal(name, error) from None


def answered(name: str, answer: object) -> dict[str, Any]:
    """The answer as a table. Raises SecretError where it is none: something else gave it."""
    if not isinstance(answer, dict):
        raise SecretError(
            f"{name}: what answers there is no Vault or OpenBao",
            hint="Look at the address in [secrets]: a network's login page would answer like this.",
        )
    return answer


def status_of(error: VaultError) -> int:
    """The HTTP status that an error came with; 0 where it came with none."""
    return int(getattr(error, "status", STATUSES.get(type(error).__name__, 0)))


def words_of(error: VaultError) -> str:
    """What the server says, in one line; empty where something else answered."""
    said = " ".join(" ".join(map(str, error.errors or ())).split())
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def absent(error: VaultError) -> bool:
    """Whether there is not even an engine or a login at the path."""
    return status_of(error) == 404 and ABSENT in words_of(error)


def unknown_token(error: VaultError) -> bool:
    """Whether the token itself is refused, and not only what it asked for: both are 403.

    Of rights OpenBao says "1 error occurred: * permission denied", of a token that it does not
    know "permission denied"; Vault adds "invalid token" since 1.11.
    """
    said = words_of(error)
    return status_of(error) in {401, 403} and (said in {"", DENIED} or UNKNOWN_TOKEN in said)


def _refusal(name: str, error: VaultError) -> SecretError:
    status, said = status_of(error), words_of(error)
    if status in {502, 504} or (status == 503 and not said):
        return UnreachableError(
            f"{name} gives no answer: what stands before it says {status}",
            hint="Look at the server behind that proxy or load balancer.",
        )
    if any(one in said for one in FOLLOWERS):
        return UnreachableError(
            f"{name} gives no answer: none of its servers is active",
            hint="It may be starting: try again in a minute.",
        )
    if status in {401, 403}:
        return _not_allowed(name, error)
    why, hint = _trouble(name, status, said)
    return SecretError(f"{name} {why}", hint=hint)


def _not_let_in(name: str, login: str, said: str, hint: str) -> RefusedError:
    nowhere = ABSENT in said or said in {"", DENIED}
    why = "it denies it, as it does where no such login is mounted" if nowhere else said
    return RefusedError(f"{name} does not let {login} in: {why}", hint=hint)


def _not_allowed(name: str, error: VaultError) -> RefusedError:
    if unknown_token(error):
        return RefusedError(
            f"{name} does not take the token: it is wrong, has expired or was revoked",
            hint="Log in anew; where it is a token that you gave, have another one made.",
        )
    return RefusedError(
        f"{name} does not allow it: {words_of(error)}",
        hint="The policy of whom Uz logs in as has to allow it on this path.",
    )


def _trouble(name: str, status: int, said: str) -> tuple[str, str]:
    """What is wrong with the server, and what to do."""
    own = name.startswith(OWN)
    if status == 501 or "not initialized" in said:
        return (
            "was never initialised",
            "`uz up` does it." if own else "`bao operator init` does it.",
        )
    if "is sealed" in said:
        yours = "`bao operator unseal` unseals it, after `bao operator init` where it is new."
        return "is sealed", "`uz up` unseals it." if own else yours
    if status == 429:
        return "asks to wait: it gets too many requests", "Try again in a minute."
    if status == 404 and ABSENT in said:
        return "has no engine mounted there", "The first part of a path is the mount, as `secret`."
    if status == 500 and (said == "internal error" or not said):
        return "has an internal error", "A full disk below its audit log does this: read its log."
    return f"answers {status}: {said or 'nothing more'}", "The log of the server may say more."
