"""Where in a manager the secrets of an environment are, and how `uz.toml` refers to them."""

from urllib.parse import urlsplit

from uz.managers.protocol import VALUE
from uz.spec import ManagerKind, Spec

MOUNT = "secret"
"""The KV engine, version 2, of Uz's own OpenBao; and where most teams have theirs."""
OWN = "uz"
"""Below it is what Uz makes up, in its own OpenBao."""


def own_prefix(spec: Spec) -> str:
    """Below which path the secrets that Uz makes up are kept.

    Each environment has a place of its own, a rehearsal too: what one makes up and rotates is no
    other's.
    """
    prefix = spec.secrets.prefix
    if prefix:
        return prefix if spec.secrets.embedded else f"{prefix}/{spec.environment}"
    if spec.secrets.embedded:
        return f"{MOUNT}/{OWN}"
    return f"{_top(spec)}{OWN}"


def path_for(spec: Spec, name: str) -> str:
    """The path of a secret that the user gave a name, such as `stripe-key`."""
    return f"{MOUNT}/{name}" if spec.secrets.embedded else f"{_top(spec)}{name}"


def reference_for(spec: Spec, name: str) -> str:
    """What `uz.toml` has to say to refer to the user's secret of this name."""
    path = path_for(spec, name)
    if spec.secrets.manager is ManagerKind.AWS:
        return f"ref+awssecrets://{path}"
    if spec.secrets.manager is ManagerKind.AZURE:
        vault = (urlsplit(spec.secrets.address or "").hostname or "").partition(".")[0]
        return f"ref+azurekeyvault://{vault}/{path}"
    return f"ref+vault://{path}#/{VALUE}"


def _top(spec: Spec) -> str:
    """What the paths of an environment begin with in a manager that others use too."""
    own = f"{spec.app.name}/{spec.environment}/"
    return f"{MOUNT}/{own}" if spec.secrets.manager is ManagerKind.VAULT else own
