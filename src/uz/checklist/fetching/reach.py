"""How an experiment gets at the OpenBao of an environment, or why it cannot."""

import hvac

from uz.environment import Environment
from uz.errors import SecretError
from uz.managers import ManagedSecrets
from uz.managers.vault import VaultManager
from uz.spec import ManagerKind
from uz.verdict import State, Verdict, declared

NO_PIPELINE = (
    "uz.toml has no [pipeline]: a pipeline can fetch secrets only by a credential that is stored"
)


def opened(env: Environment) -> tuple[hvac.Client, str]:
    """A client that is logged in as Uz itself is, and below which path Uz keeps its secrets.

    Raises SecretError.
    """
    source = env.secrets()
    if isinstance(source, ManagedSecrets) and isinstance(source.manager, VaultManager):
        return source.manager.client, source.prefix
    raise SecretError(f"{env.name}: its secrets do not lie in an OpenBao")


def missing(reason: str) -> Verdict:
    """It is not there at all."""
    return Verdict(State.MISSING, reason)


def elsewhere(env: Environment) -> Verdict | None:
    """What can be said where the secrets do not lie in Uz's own OpenBao; None where they do."""
    kind = env.spec.secrets.manager
    if kind is ManagerKind.OPENBAO:
        return None
    if kind is ManagerKind.FILE:
        return missing("the secrets lie in a file, and no pipeline can log in to a file")
    if env.spec.pipeline is None:
        return missing(NO_PIPELINE)
    return declared(
        f"{_titles[kind]} is not run by Uz, which may not try its roles: who gets in there is"
        " set, and has to be tried, where it is run"
    )


_titles = {
    ManagerKind.VAULT: "your Vault",
    ManagerKind.AWS: "AWS Secrets Manager",
    ManagerKind.AZURE: "Azure Key Vault",
}
