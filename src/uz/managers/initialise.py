"""Making a new OpenBao Uz's own: initialised once, with an operator, and no root token left."""

from dataclasses import dataclass

import hvac

from uz.managers.naming import MOUNT
from uz.managers.rights import OPERATOR, SESSION, keep_rights
from uz.secret import Secret
from uz.waiting import met

SHARES, THRESHOLD = 3, 2
"""Recovery shares: two of three make a new root token, when the operator is lost."""
ACTIVE = 20.0
"""Seconds until a server that was just initialised serves."""


@dataclass(frozen=True)
class Fresh:
    """What initialising gave, once. `root` opens everything until it is revoked."""

    root: Secret
    shares: tuple[Secret, ...]


def initialise(client: hvac.Client) -> Fresh:
    """Initialise a server that unseals itself."""
    answer = client.sys.initialize(
        recovery_shares=SHARES,
        recovery_threshold=THRESHOLD,
    )
    shares = tuple(Secret(share.encode()) for share in answer["recovery_keys_base64"])
    return Fresh(Secret(answer["root_token"].encode()), shares)


def furnish(client: hvac.Client, fresh: Fresh, operator: Secret) -> None:
    """Set up the store, the operator and its rights, by the root token."""
    client.token = fresh.root.reveal().decode()
    met(lambda: _serves(client), ACTIVE)
    client.sys.enable_secrets_engine("kv", path=MOUNT, options={"version": "2"})
    met(lambda: _stores(client), ACTIVE)  # the engine upgrades itself first
    client.sys.enable_auth_method("approle")
    keep_rights(client)
    client.auth.approle.create_or_update_approle(
        OPERATOR,
        token_policies=[OPERATOR],
        token_no_default_policy=True,
        token_ttl=SESSION,
        token_max_ttl=SESSION,
        secret_id_num_uses=0,
        secret_id_ttl="0",
    )
    client.auth.approle.update_role_id(OPERATOR, OPERATOR)
    client.auth.approle.create_custom_secret_id(OPERATOR, operator.reveal().decode())


def revoke(client: hvac.Client) -> None:
    """End the root token: from now on nobody has one."""
    client.auth.token.revoke_self()
    client.token = None


def _serves(client: hvac.Client) -> bool:
    try:
        client.sys.list_mounted_secrets_engines()
    except hvac.exceptions.VaultError:
        return False
    return True


def _stores(client: hvac.Client) -> bool:
    try:
        client.secrets.kv.v2.read_configuration(MOUNT)
    except hvac.exceptions.VaultError:
        return False
    return True
