"""A new OpenBao of the environment's own: initialised once, however often that was interrupted."""

import shutil
from collections.abc import Callable

import hvac

from uz.backups import PASSPHRASE
from uz.components.openbao import NAME
from uz.errors import RefusedError, SecretError
from uz.managers.initialise import Fresh, furnish, initialise, revoke
from uz.managers.vault import OWN, errors
from uz.secret import Secret, ensure
from uz.spec import Kind, Spec
from uz.targets.local.bootstrap import Bootstrap
from uz.targets.local.embedded import as_operator, connected
from uz.targets.local.folders import disk_errors, write
from uz.targets.local.layout import Layout
from uz.targets.local.openbao_tls import fingerprint
from uz.targets.local.recovery import Kit, write_kit

Again = Callable[[], None]
"""Starts OpenBao again, with empty data."""


def furnished(layout: Layout, spec: Spec, bootstrap: Bootstrap, again: Again) -> bool:
    """Initialise an OpenBao that runs, where that was not done to the end; say whether it was now.

    Nothing of value is in one whose initialising was interrupted: it is made anew. Raises
    SecretError.
    """
    client = connected(layout, spec)
    with errors(OWN):
        initialised = bool(client.sys.is_initialized())
    if initialised and layout.initialising.exists():
        if _complete(layout, spec, bootstrap):
            layout.initialising.unlink()
            return False
        again()
        initialised = False
    if initialised:
        return False
    write(layout.initialising, "")
    with errors(OWN):
        _furnish(layout, spec, bootstrap, client)
    layout.initialising.unlink()
    return True


def _furnish(layout: Layout, spec: Spec, bootstrap: Bootstrap, client: hvac.Client) -> None:
    fresh = initialise(client)
    furnish(client, fresh, bootstrap.operator)
    passphrase = ensure(as_operator(layout, spec, bootstrap.secret), PASSPHRASE)
    if spec.kind is not Kind.REHEARSAL:
        write_kit(layout, spec, _kit(layout, bootstrap, fresh, passphrase))
    revoke(client)


def _kit(layout: Layout, bootstrap: Bootstrap, fresh: Fresh, passphrase: Secret) -> Kit:
    return Kit(
        layout.app,
        layout.environment,
        bootstrap.secret,
        bootstrap.seal_key,
        fresh.shares,
        passphrase,
        fingerprint(layout),
    )


def _complete(layout: Layout, spec: Spec, bootstrap: Bootstrap) -> bool:
    """Whether an interrupted one had come to its end but for the mark: it may have revoked root."""
    kit = spec.kind is Kind.REHEARSAL or any(one.exists() for one in layout.beside[1:])
    try:
        as_operator(layout, spec, bootstrap.secret)
    except RefusedError:
        return False
    return kit and _no_root(layout, spec, bootstrap)


def _no_root(layout: Layout, spec: Spec, bootstrap: Bootstrap) -> bool:
    """Whether no root token is left over."""
    client = as_operator(layout, spec, bootstrap.secret).manager.client  # type: ignore[attr-defined]
    with errors(OWN):
        accessors = client.auth.token.list_accessors()["data"]["keys"]
        found = [client.auth.token.lookup_accessor(one)["data"] for one in accessors]
    return not any("root" in one["policies"] for one in found)


def emptied(layout: Layout) -> None:
    """Remove the data of an OpenBao whose initialising was interrupted. Raises SecretError."""
    if not layout.initialising.exists():
        raise SecretError(f"{layout.data / NAME}: holds secrets, and is not removed")
    with disk_errors(layout.data):
        for path in (layout.data / NAME).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
