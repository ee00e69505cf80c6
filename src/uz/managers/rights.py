"""Who may do what in an OpenBao that Uz runs: one policy and one AppRole for each reader."""

import json
from collections.abc import Iterable, Mapping

import hvac

from uz.managers.naming import MOUNT, OWN
from uz.secret import Secret

OPERATOR, DEPLOY = "uz-operator", "uz-deploy"
"""Roles and policies: of Uz on the machine itself, and of the pipeline."""
READER = "uz-reader-"
READING = "60s"
"""How long a reader's token lives, and the one-time secret id that it is got for."""
SESSION = "20m"
"""How long the operator's token lives: a command that takes longer logs in again."""

READ, CHANGE = ("read", "list"), ("create", "read", "update", "delete", "list")
OPERATOR_RIGHTS = {
    f"{MOUNT}/*": CHANGE,
    "auth/*": CHANGE,
    "auth/token/accessors": (*READ, "sudo"),
    "auth/token/accessors/": (*READ, "sudo"),
    "auth/token/create": ("update", "sudo"),
    "auth/token/create-orphan": ("update", "sudo"),
    "sys/auth": READ,
    "sys/auth/*": (*CHANGE, "sudo"),
    "sys/mounts": READ,
    "sys/policies/acl": READ,
    "sys/policies/acl/*": CHANGE,
    "sys/storage/raft/snapshot": READ,
}
"""Of Uz on the machine. Whoever is root there can read all the same."""
DEPLOY_RIGHTS = {
    f"{MOUNT}/data/*": ("read",),
    f"{MOUNT}/metadata/*": READ,
    "auth/approle/role/+/secret-id": ("update",),
    f"auth/approle/role/{OPERATOR}/secret-id": ("deny",),
    "auth/jwt/*": READ,
    "sys/auth": READ,
    "sys/policies/acl/*": READ,
}
"""Of the pipeline: it delivers secrets to their readers, and cannot change who reads what."""
MADE: Mapping[str, tuple[str, ...]] = {
    "*": ("create", "read"),
    "edge/certificate": ("create", "read", "update"),
    "edge/key": ("create", "read", "update"),
    "rotation/*": ("read",),
    "backups/*": ("deny",),
}
"""And of what Uz makes up: the pipeline adds what is missing, renews the edge's certificate, and
overwrites nothing else, as old versions go when there are more than ten."""


def policy(rights: Mapping[str, Iterable[str]]) -> str:
    """Rights as OpenBao's policies are written."""
    lines = (f"path {json.dumps(path)} {{ capabilities = {json.dumps(list(may))} }}\n"
             for path, may in rights.items())  # fmt: skip
    return "".join(lines)


def role_of(reader: str) -> str:
    """The role of a reader: a service's folder."""
    return f"{READER}{reader}"


def reader_rights(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Reading exactly these paths of KV engines, version 2, and nothing else."""
    parts = (path.partition("/") for path in sorted(set(paths)))
    return {f"{mount}/data/{rest}": ("read",) for mount, _, rest in parts}


def deploy_rights(prefix: str) -> dict[str, tuple[str, ...]]:
    """Of the pipeline, where what Uz makes up is below a prefix."""
    mount, _, rest = prefix.partition("/")
    return DEPLOY_RIGHTS | {f"{mount}/data/{rest}/{name}": may for name, may in MADE.items()}


def keep_rights(client: hvac.Client, prefix: str = f"{MOUNT}/{OWN}") -> None:
    """Have the rights of the operator and of the pipeline be those of this version of Uz."""
    put_policy(client, OPERATOR, policy(OPERATOR_RIGHTS))
    put_policy(client, DEPLOY, policy(deploy_rights(prefix)))


def let_read(client: hvac.Client, reader: str, paths: Iterable[str]) -> None:
    """Give a reader its policy and role, where they are not so already.

    The policy comes last: where it is as it should be, all of it was done.
    """
    name, wanted = role_of(reader), policy(reader_rights(paths))
    if _policy(client, name) != wanted:
        client.auth.approle.create_or_update_approle(
            name,
            token_policies=[name],
            token_no_default_policy=True,
            token_type="batch",
            token_ttl=READING,
            token_max_ttl=READING,
            secret_id_num_uses=1,
            secret_id_ttl=READING,
        )
        client.auth.approle.update_role_id(name, name)
        put_policy(client, name, wanted)


def put_policy(client: hvac.Client, name: str, text: str) -> bool:
    """Write a policy where it is not so already; return whether it had to be written."""
    if _policy(client, name) == text:
        return False
    client.sys.create_or_update_acl_policy(name, text)
    return True


def _policy(client: hvac.Client, name: str) -> str | None:
    try:
        found: str = client.sys.read_acl_policy(name)["data"]["policy"]
    except hvac.exceptions.InvalidPath:
        return None
    return found


def one_time(client: hvac.Client, reader: str) -> Secret:
    """A secret id for one login of a reader, within a minute."""
    answer = client.auth.approle.generate_secret_id(role_of(reader))
    return Secret(answer["data"]["secret_id"].encode())
