"""A vault that follows the published REST contract of Azure Key Vault for secrets, in memory.

There is no emulator of Azure Key Vault. Paths, bodies, errors and the challenge are those of
https://learn.microsoft.com/rest/api/keyvault/secrets and of answers that Microsoft recorded for
the tests of its own libraries.
"""

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

TENANT = "12345678-1234-1234-1234-123456789012"
CHALLENGE = (
    f'Bearer authorization="https://login.microsoftonline.com/{TENANT}",'
    ' resource="https://vault.azure.net"'
)
API_VERSIONS = {"7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"}
MOST = 25 * 1024
PAGE = 5
"""Secrets on a page of a list: few, so that there are many pages."""
NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")

Answer = tuple[int, dict[str, Any]]


@dataclass
class KeyVault:
    """One vault. What a test sets: the answers to give instead, what is not allowed, how slow."""

    folder: Path
    address: str = ""
    secrets: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    deleted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    instead: list[tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    """Operations: get, set, list, delete, recover, purge."""
    soft_delete: bool = True
    settling: int = 0
    """How many requests a deletion or a recovery takes until it is done."""
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Method, path and body, of those without a token too."""
    _pending: dict[str, int] = field(default_factory=dict)

    @property
    def authority(self) -> Path:
        """The certificate of the CA that its own is checked by."""
        return self.folder / "authority.pem"

    def operations(self) -> list[str]:
        """What was asked with a body or without, in order, as `PUT /secrets/name`."""
        return [f"{method} {path}" for method, path, _ in self.requests]

    def handle(self, method: str, url: str, token: str, body: bytes) -> tuple[int, Any, Any]:
        """Status, body and headers."""
        parts = urlsplit(url)
        self.requests.append((method, parts.path, body))
        if token != "Bearer good-token":
            why = "Request is missing a Bearer or PoP token." if not token else "Invalid issuer."
            answer, headers = error(401, "Unauthorized", why), {"WWW-Authenticate": CHALLENGE}
            return *answer, headers
        if self.instead:
            return self.instead.pop(0)
        query = parse_qs(parts.query)
        if query.get("api-version", [""])[0] not in API_VERSIONS:
            return *error(400, "BadParameter", "api-version is missing or unknown"), {}
        return *self._route(method, parts.path.strip("/").split("/"), query, body), {}

    def _route(self, method: str, path: list[str], query: dict[str, Any], body: bytes) -> Answer:
        match method, *path:
            case "GET", "secrets":
                return self._list(int(query.get("$skiptoken", ["0"])[0]))
            case "PUT", "secrets", name:
                return self._set(name, json.loads(body))
            case "GET", "secrets", name, *version:
                return self._get(name, version[0] if version else "")
            case "DELETE", "secrets", name:
                return self._delete(name)
            case "GET", "deletedsecrets", name:
                return self._look(name)
            case "DELETE", "deletedsecrets", name:
                return self._purge(name)
            case "POST", "deletedsecrets", name, "recover":
                return self._recover(name)
        return error(404, "NotFound", "no such operation")

    def _list(self, start: int) -> Answer:
        if "list" in self.forbidden:
            return not_allowed("list")
        names = sorted(self.secrets)
        value = [_item(self.secrets[name][-1], whole=False) for name in names[start:][:PAGE]]
        more = start + PAGE
        link = f"{self.address}/secrets?api-version=7.4&$skiptoken={more}"
        return 200, {"value": value, "nextLink": link if more < len(names) else None}

    def _set(self, name: str, sent: dict[str, Any]) -> Answer:
        if "set" in self.forbidden:
            return not_allowed("set")
        if not NAME.fullmatch(name) or len(sent["value"].encode()) > MOST:
            return error(400, "BadParameter", f"Property has invalid value {sent['value']}")
        if self._settling(name):
            return error(409, "Conflict", "is currently being deleted.", "ObjectIsBeingDeleted")
        if name in self.deleted:
            return error(409, "Conflict", "is deleted", "ObjectIsDeletedButRecoverable")
        now = int(time.time())
        attributes = {"enabled": True, "created": now, "updated": now}
        attributes["recoveryLevel"] = "Recoverable+Purgeable"  # type: ignore[assignment]
        bundle = {
            "value": sent["value"],
            "id": f"{self.address}/secrets/{name}/{uuid4().hex}",
            "attributes": attributes,
        }
        self.secrets.setdefault(name, []).append(bundle)
        return 200, bundle

    def _get(self, name: str, version: str) -> Answer:
        if "get" in self.forbidden:
            return not_allowed("get")
        found = [one for one in self.secrets.get(name, []) if one["id"].endswith(f"/{version}")]
        newest = self.secrets.get(name, [])[-1:]
        for one in found if version else newest:
            if not one["attributes"]["enabled"]:
                why = "Operation get is not allowed on a disabled secret."
                return error(403, "Forbidden", why, "SecretDisabled")
            return 200, one
        why = f"A secret with (name/id) {name}/{version} was not found in this key vault."
        return error(404, "SecretNotFound", why)

    def _delete(self, name: str) -> Answer:
        if "delete" in self.forbidden:
            return not_allowed("delete")
        if name not in self.secrets:
            return error(404, "SecretNotFound", f"A secret with (name/id) {name} was not found")
        versions = self.secrets.pop(name)
        answer = _item(versions[-1], whole=True)
        if self.soft_delete:
            self.deleted[name] = versions
            self._pending[name] = self.settling
            answer |= {"recoveryId": f"{self.address}/deletedsecrets/{name}", "deletedDate": 1}
        return 200, answer

    def _look(self, name: str) -> Answer:
        if name not in self.deleted or self._settling(name):
            return error(404, "SecretNotFound", f"Deleted Secret not found: {name}")
        return 200, _item(self.deleted[name][-1], whole=True)

    def _purge(self, name: str) -> Answer:
        if "purge" in self.forbidden:
            return not_allowed("purge")
        if self._settling(name):
            why = "Secret is currently being deleted."
            return error(409, "Conflict", why, "ObjectIsBeingDeleted")
        if self.deleted.pop(name, None) is None:
            return error(404, "SecretNotFound", f"Deleted Secret not found: {name}")
        return 204, {}

    def _recover(self, name: str) -> Answer:
        if "recover" in self.forbidden:
            return not_allowed("recover")
        if self._settling(name):
            return error(409, "Conflict", "is being deleted.", "ObjectIsBeingDeleted")
        if name not in self.deleted:
            return error(404, "SecretNotFound", f"Deleted Secret not found: {name}")
        self.secrets[name] = self.deleted.pop(name)
        return 200, _item(self.secrets[name][-1], whole=False)

    def _settling(self, name: str) -> bool:
        left = self._pending.get(name, 0)
        self._pending[name] = max(left - 1, 0)
        return left > 0


def error(status: int, code: str, message: str, inner: str = "") -> Answer:
    """An error as Key Vault writes it."""
    said: dict[str, Any] = {"code": code, "message": message}
    return status, {"error": said | ({"innererror": {"code": inner}} if inner else {})}


def not_allowed(operation: str) -> Answer:
    """What is said to whom no role allows it."""
    why = f"Caller is not authorized to perform action on resource.\r\nAction: '{operation}'"
    return error(403, "Forbidden", why, "ForbiddenByRbac")


def _item(bundle: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    """A secret without its value; of a list, without its version."""
    identity = bundle["id"] if whole else bundle["id"].rpartition("/")[0]
    return {"id": identity, "attributes": bundle["attributes"]}
