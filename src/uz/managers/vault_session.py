"""The connection to Vault or OpenBao: to that server only, and by nobody else's settings."""

import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hvac
import requests
from hvac.adapters import JSONAdapter
from hvac.exceptions import VaultError
from requests.utils import get_environ_proxies

from uz.errors import SecretError
from uz.managers.vault_network import CONNECTING, READING


def connect(address: str, *, authority: Path | None, namespace: str = "") -> hvac.Client:
    """A client of one server, not logged in yet; nothing is sent before it is used.

    `authority` is the PEM file with the CA to check the server by; None means the public ones.
    What the environment says for other tools (`VAULT_*`, `~/.vault-token`, `~/.netrc`) counts for
    nothing; its proxies do, but not for this machine. Raises SecretError where the PEM file cannot
    be used.
    """
    session = session_to(address)
    session.verify = str(_usable(authority)) if authority else True
    return hvac.Client(
        url=address.rstrip("/"),
        token="",  # no token, and none from the environment either
        cert="",
        verify=session.verify,
        timeout=(CONNECTING, READING),
        session=session,
        adapter=StatusAdapter,
        namespace=namespace or None,
        strict_http=True,  # lists by GET: not every proxy lets the method LIST pass
    )


def _usable(authority: Path) -> Path:
    """The PEM file, tried out. Raises SecretError."""
    try:
        ssl.create_default_context(cafile=str(authority))
    except OSError as error:  # what is wrong inside is one too
        why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise SecretError(
            f"{authority}: the CA of the secrets manager cannot be read: {why}",
            hint="Name a PEM file with the CA's certificate.",
        ) from error
    return authority


def session_to(address: str) -> requests.Session:
    """A session that takes the environment's proxies and nothing else from there.

    This machine is reached without a proxy.
    """
    session = _SameServer()
    session.trust_env = False
    session.proxies = {} if _here(address) else get_environ_proxies(address)
    return session


def _here(address: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class _SameServer(requests.Session):
    """Follows a redirect on the same server only: elsewhere the token would be given away."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        before, after = urlsplit(str(resp.url)), urlsplit(target)
        if after.netloc and (after.scheme, after.netloc) != (before.scheme, before.netloc):
            resp.close()
            raise SecretError(
                f"{before.scheme}://{before.netloc} sends Uz on to"
                f" {after.scheme}://{after.netloc}: not followed",
                hint="Write the address of the server itself into uz.toml.",
            )
        return target


class StatusAdapter(JSONAdapter):  # type: ignore[misc]
    """Keeps the status of an answer in the error that it becomes, and takes any answer for one.

    hvac drops the status, stumbles over JSON that is no table, and does not read the server's words
    where a proxy amended the content type.
    """

    def _raise_for_error(self, method: str, url: str, response: requests.Response) -> None:
        answer = _table(response)
        said = answer.get("errors")
        words = [str(one) for one in said] if isinstance(said, list) else None
        error = VaultError.from_status(
            response.status_code, errors=words, method=method, url=url, json=answer or None
        )
        error.status = response.status_code
        raise error


def _table(response: requests.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
