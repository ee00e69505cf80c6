"""Logging in to the environment's own OpenBao: as Uz, as a pipeline, and as each reader."""

from dataclasses import dataclass

import hvac

from uz.managers import ManagedSecrets
from uz.managers.naming import own_prefix
from uz.managers.rights import DEPLOY, OPERATOR, one_time, role_of
from uz.managers.vault import OWN, VaultManager, errors
from uz.managers.vault_login import by_approle, by_jwt, connect
from uz.secret import Secret
from uz.spec import Spec
from uz.targets.local.bootstrap import Bootstrap
from uz.targets.local.layout import Layout


def connected(layout: Layout, spec: Spec) -> hvac.Client:
    """A client that is not logged in yet, and trusts the environment's own CA only."""
    address = f"https://127.0.0.1:{spec.ports.secrets}"
    return connect(address, authority=layout.openbao_authority)


def as_operator(layout: Layout, spec: Spec, bootstrap: Secret) -> ManagedSecrets:
    """Uz itself, by what is derived from the bootstrap credential. Raises SecretError."""
    client = connected(layout, spec)
    by_approle(client, OPERATOR, Bootstrap(bootstrap).operator, title=OWN)
    return _source(client, spec)


def as_pipeline(layout: Layout, spec: Spec, token: Secret) -> ManagedSecrets:
    """A pipeline, by its CI's identity token. Raises SecretError."""
    client = connected(layout, spec)
    by_jwt(client, DEPLOY, token, title=OWN)
    return _source(client, spec)


def _source(client: hvac.Client, spec: Spec) -> ManagedSecrets:
    return ManagedSecrets(VaultManager(client, OWN), own_prefix(spec))


@dataclass(frozen=True)
class Readers:
    """Logs in as each reader in turn: a service gets what its own policy allows, and no more."""

    layout: Layout
    spec: Spec
    operator: hvac.Client

    def source(self, reader: str) -> ManagedSecrets:
        """What one reader may read: a service's folder. Raises SecretError."""
        with errors(OWN):
            secret_id = one_time(self.operator, reader)
        client = connected(self.layout, self.spec)
        by_approle(client, role_of(reader), secret_id, title=OWN)
        return _source(client, self.spec)
