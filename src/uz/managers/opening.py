"""Opening the managers of the user's own, and finding the one that a reference leads to."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from uz.errors import SecretError
from uz.managers.in_vault import InVault
from uz.managers.protocol import Manager
from uz.secret import Secret
from uz.spec import Login, ManagerKind, Spec
from uz.spec.reference import Reference

VAULT_NAME = re.compile(r"[A-Za-z0-9-]{1,63}")
CLOUDS = ("vault.azure.net", "vault.azure.cn", "vault.usgovcloudapi.net")
"""Where Azure has its vaults; the first is meant where a reference has the name alone."""
BY_SCHEME = {
    "awssecrets": ManagerKind.AWS,
    "azurekeyvault": ManagerKind.AZURE,
    "file": ManagerKind.FILE,
    "vault": ManagerKind.VAULT,
}


def opened(spec: Spec, bootstrap: Secret | None, project: Path) -> Manager:
    """Log in to the manager of the user's own that the spec names.

    `bootstrap` is what opens a Vault: the token, the secret id, or the pipeline's identity token.
    Raises SecretError.
    """
    wanted = spec.secrets
    if wanted.manager is ManagerKind.VAULT:
        return _vault(spec, bootstrap, project)
    if wanted.manager is ManagerKind.AWS:
        return _aws(wanted.region, wanted.address)
    if wanted.manager is ManagerKind.AZURE:
        return _azure(wanted.address or "", _authority(spec, project))
    raise ValueError(f"{wanted.manager} is no manager of the user's own")


def managers_for(spec: Spec, own: Manager | None, project: Path) -> Callable[[Reference], Manager]:
    """From a reference to its manager, where many are to be found: each is opened once."""
    known: dict[tuple[str, str], Manager] = {}

    def manager(reference: Reference) -> Manager:
        place = (reference.scheme, _place(reference, spec))
        if place not in known:
            known[place] = manager_for(reference, spec, own, project)
        return known[place]

    return manager


def manager_for(reference: Reference, spec: Spec, own: Manager | None, project: Path) -> Manager:
    """The manager in which the reference's path is; `own` is the environment's.

    Raises SecretError where there is none.
    """
    kind = BY_SCHEME[reference.scheme]
    if kind is ManagerKind.FILE:
        from uz.managers.files import FileManager

        return FileManager(project)
    if kind is ManagerKind.AWS:
        if own is not None and spec.secrets.manager is kind:
            return own  # it knows regions itself
        endpoint = spec.secrets.address if spec.secrets.manager is kind else None
        return _aws(_place(reference, spec), endpoint)
    if kind is ManagerKind.AZURE:
        return InVault(_in_azure(reference, spec, own, project), _name(reference))
    if own is None or spec.secrets.manager in {ManagerKind.AWS, ManagerKind.AZURE}:
        raise SecretError(
            f"{reference}: this environment has no OpenBao or Vault",
            hint='Set manager = "openbao" or "vault" in [secrets], or refer to another manager.',
        )
    return own


def _place(reference: Reference, spec: Spec) -> str:
    """Of the managers of one scheme, which: a region, a vault."""
    if reference.scheme == "awssecrets":
        return reference.parameters.get("region", "") or spec.secrets.region
    return _name(reference) if reference.scheme == "azurekeyvault" else ""


def _name(reference: Reference) -> str:
    return reference.path.partition("/")[0]


def _in_azure(reference: Reference, spec: Spec, own: Manager | None, project: Path) -> Manager:
    """The vault that a reference begins with."""
    name = _name(reference)
    host = name if name.endswith(CLOUDS) else f"{name}.{CLOUDS[0]}"
    if not VAULT_NAME.fullmatch(host.partition(".")[0]) or host.partition(".")[2] not in CLOUDS:
        raise SecretError(
            f"{reference}: {name!r} is no name of a vault",
            hint="Write ref+azurekeyvault://VAULT/NAME, with the vault's short name.",
        )
    if spec.secrets.manager is ManagerKind.AZURE and spec.secrets.address:
        known = (urlsplit(spec.secrets.address).hostname or "").lower()
        if name.lower() in {known, known.partition(".")[0]}:
            return own or _azure(spec.secrets.address, _authority(spec, project))
    return _azure(f"https://{host}", None)


def _vault(spec: Spec, bootstrap: Secret | None, project: Path) -> Manager:
    from uz.managers.vault import YOURS, VaultManager
    from uz.managers.vault_login import by_approle, by_jwt, by_token, connect

    wanted = spec.secrets
    if bootstrap is None:
        raise SecretError(
            f"{wanted.address}: there is nothing to log in with ({wanted.login})",
            hint="Keep the credential in the file that `bootstrap` in [secrets] names, mode 0400.",
        )
    client = connect(wanted.address or "", authority=_authority(spec, project))
    mount = wanted.login_mount or wanted.login.value
    if wanted.login is Login.TOKEN:
        by_token(client, bootstrap)
    elif wanted.login is Login.APPROLE:
        by_approle(client, wanted.role, bootstrap, mount)
    else:
        by_jwt(client, wanted.role, bootstrap, mount)
    return VaultManager(client, YOURS)


def _aws(region: str, endpoint: str | None) -> Manager:
    from uz.managers.aws import aws

    return aws(region, endpoint)


def _azure(address: str, authority: Path | None) -> Manager:
    from uz.managers.azure import azure

    return azure(address, authority=authority)


def _authority(spec: Spec, project: Path) -> Path | None:
    return project / spec.secrets.authority if spec.secrets.authority else None
