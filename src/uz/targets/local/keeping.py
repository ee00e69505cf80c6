"""The secrets of an environment: where they are, and Uz logged in there."""

from pathlib import Path

from uz.errors import SecretError
from uz.managers import ManagedSecrets, Manager
from uz.managers.naming import own_prefix
from uz.managers.opening import managers_for, opened
from uz.managers.resolve import resolve
from uz.secret import FileSecrets, Secret, SecretSource
from uz.spec import Login, ManagerKind, Spec
from uz.spec.reference import parse_reference
from uz.stack import Stack
from uz.targets.local.bootstrap import bootstrap_path, read_bootstrap
from uz.targets.local.embedded import as_operator, as_pipeline
from uz.targets.local.layout import Layout


def log_in(
    layout: Layout, spec: Spec, project: Path, identity: Secret | None = None
) -> SecretSource:
    """Where an environment's secrets are kept, for Uz itself.

    `identity`: a pipeline's own token, by which to log in instead of the bootstrap credential.
    Raises SecretError; UnreachableError and RefusedError by what the manager does.
    """
    if spec.secrets.manager is ManagerKind.FILE:
        return FileSecrets(layout.secrets)
    if spec.secrets.embedded and identity:
        return as_pipeline(layout, spec, identity)
    if spec.secrets.embedded:
        return as_operator(layout, spec, own_bootstrap(layout, spec))
    return ManagedSecrets(_opened(layout, spec, project, identity), own_prefix(spec))


def own_bootstrap(layout: Layout, spec: Spec) -> Secret:
    """The secret of the bootstrap credential. Raises SecretError where it is lost."""
    path = bootstrap_path(layout, spec)
    found = read_bootstrap(path)
    if found is None:
        raise SecretError(f"{path}: the bootstrap credential is not there", hint=LOST)
    return found.secret


LOST = (
    "If this environment was never brought up: `uz up` makes it. If it was lost: `uz secrets"
    " recover` puts it back from the recovery kit."
)


def _opened(layout: Layout, spec: Spec, project: Path, identity: Secret | None) -> Manager:
    """The user's own manager. The clouds have credentials of the machine's own."""
    if spec.secrets.manager is not ManagerKind.VAULT:
        return opened(spec, None, project)
    if spec.secrets.login is Login.JWT:
        if identity is None:
            raise SecretError(
                'secrets.login = "jwt" needs the identity token of a pipeline',
                hint="`uz up --identity-token-file FILE`, or the variable UZ_IDENTITY_TOKEN.",
            )
        return opened(spec, identity, project)
    path = bootstrap_path(layout, spec)
    found = read_bootstrap(path)
    if found is None:
        what = "secret id" if spec.secrets.login is Login.APPROLE else "token"
        raise SecretError(
            f"{path}: not there", hint=f"Put the {what} for {spec.secrets.address} there, mode 0400"
        )
    return opened(spec, found.secret, project)


def referred(stack: Stack, spec: Spec, source: SecretSource, project: Path) -> dict[str, Secret]:
    """The secrets that `uz.toml` refers to, by the references as they are written.

    Raises SecretError that lists all that are missing.
    """
    own = source.manager if isinstance(source, ManagedSecrets) else None
    references = map(parse_reference, stack.references())
    return resolve(references, managers_for(spec, own, project), names=spec.names)
