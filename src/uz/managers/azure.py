"""Azure Key Vault, through azure-keyvault-secrets."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from uz.errors import RefusedError, SecretError
from uz.managers.azure_names import name_of, path_of, split
from uz.managers.inside import as_secret
from uz.managers.one_text import fields_of, text_of
from uz.managers.protocol import Kept
from uz.secret import Secret
from uz.waiting import met

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.keyvault.secrets import KeyVaultSecret, SecretClient

T = TypeVar("T")
MOST = 25 * 1024
"""Bytes of a secret: Azure keeps no more."""
CONNECTS, READS = 5.0, 10.0
"""Seconds until a connection is there, and for an answer."""
SETTLES = 60.0
"""Seconds that removing and recovering may take; Azure does both after it has answered."""


class AzureManager:
    """One vault of Azure Key Vault, as whom a client is logged in."""

    def __init__(self, client: "SecretClient", settles: float = SETTLES) -> None:
        """Use a client; nothing is sent before it is needed."""
        from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError

        self._client, self._settles = client, settles
        self._failures = (AzureError, ValueError)
        self._absent = (ResourceExistsError, ResourceNotFoundError)
        self.address = client.vault_url

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"Azure Key Vault at {self.address}"

    def read(self, path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:
        """The newest version, or the one that the path ends with."""
        if parameters:
            raise SecretError(
                f"{path}: Azure Key Vault knows no parameter {next(iter(parameters))!r}",
                hint="A version stands at the end of the path: name/version.",
            )
        place, version = split(path)
        name = name_of(place)
        found = self._ask(path, lambda: self._client.get_secret(name, version or None))
        return None if found is None else self._kept(path, found)

    def write(self, path: str, fields: Mapping[str, Secret]) -> Kept:
        """Keep one value as it is, several fields as a JSON object."""
        place, version = split(path)
        name, text = name_of(place), text_of(path, fields, MOST)
        if version:
            raise SecretError(f"{path}: a version cannot be written", hint=f"Write to {place}.")
        found: list[KeyVaultSecret] = []

        def written() -> bool:
            answer = self._ask(path, lambda: self._client.set_secret(name, text))
            if answer is not None:
                found.append(answer)
            else:  # the name belongs to a secret that was removed: with it back, it can be written
                self._ask(path, lambda: self._client.begin_recover_deleted_secret(name))
            return bool(found)

        if not met(written, self._settles):
            raise SecretError(
                f"{self.name}: {path} is still being removed after {self._settles:.0f} s",
                hint="Try again in a minute.",
            )
        return self._kept(path, found[0])

    def remove(self, path: str) -> None:
        """Delete it and purge what is left to recover, as far as the vault allows that."""
        name = name_of(split(path)[0])
        deleted = self._ask(path, lambda: self._client.begin_delete_secret(name))
        if deleted is not None and deleted.result().recovery_id:
            met(lambda: self._purged(path, name), self._settles)

    def paths(self, prefix: str) -> tuple[str, ...]:
        """All paths below a prefix, sorted; other names of the vault are left out."""
        name_of(prefix)
        listed = self._ask(prefix, lambda: list(self._client.list_properties_of_secrets())) or []
        found = (path_of(one.name) for one in listed if one.name)
        return tuple(sorted(path for path in found if path and path.startswith(f"{prefix}/")))

    def _purged(self, path: str, name: str) -> bool:
        """Whether nothing is left, or the vault keeps it on purpose for a time."""
        try:
            done = self._ask(path, lambda: (self._client.purge_deleted_secret(name), True))
        except RefusedError:
            return True
        return done is not None

    def _kept(self, path: str, found: "KeyVaultSecret") -> Kept:
        secret = as_secret(found.value or "")
        if secret is None:
            raise SecretError(f"{path}: what Azure keeps there is not UTF-8 text")
        properties = found.properties
        written_at = properties.created_on or properties.updated_on
        return Kept(fields_of(secret), properties.version or "", written_at)

    def _ask(self, path: str, request: Callable[[], T]) -> T | None:
        """Azure's answer; None where nothing is there, or the name is on its way out or back."""
        from uz.managers.azure_errors import meaning

        try:
            return request()
        except self._absent:
            return None
        except self._failures as error:
            raise meaning(error, f"{self.name}: {path}") from None


def azure(
    address: str,
    *,
    credential: "TokenCredential | None" = None,
    authority: Path | None = None,
    checks_domain: bool = True,
    **options: Any,
) -> AzureManager:
    """The vault at an address, as whom the environment of Uz is logged in to Azure.

    `authority` is a CA beside the public ones. Without `checks_domain`, a vault may ask for tokens
    that are good for another domain than its own: for tests only.
    """
    if not address.startswith("https://"):
        raise SecretError(
            f"{address}: a login is sent over TLS only", hint="Write https:// in [secrets] address."
        )
    try:
        from azure.identity import DefaultAzureCredential
        from azure.keyvault.secrets import SecretClient

        from uz.managers.azure_waiting import BoundedRetries
    except ImportError as error:
        raise SecretError(
            "Azure Key Vault needs Azure's libraries, which are not installed",
            hint="pip install 'uz-ready[azure]'",
        ) from error
    wanted: dict[str, Any] = {"connection_timeout": CONNECTS, "read_timeout": READS}
    client = SecretClient(
        address,
        credential or DefaultAzureCredential(),
        connection_verify=str(authority) if authority else True,
        verify_challenge_resource=checks_domain,
        **{"retry_policy": BoundedRetries(), **wanted, **options},
    )
    return AzureManager(client)
