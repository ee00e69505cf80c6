"""First in `uz up`: the secrets manager answers, and every secret of the stack is there."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from uz.components.openbao import NAME
from uz.errors import (
    RefusedError,
    SecretError,
    SpecError,
    UnhealthyError,
    UnreachableError,
    UzError,
)
from uz.managers import ManagedSecrets
from uz.managers.pipeline import configure, unconfigure
from uz.managers.rights import DEPLOY, keep_rights
from uz.managers.vault import OWN, VaultManager, errors
from uz.secret import Secret, SecretSource, ensure
from uz.spec import Login, ManagerKind, Pipeline, Spec
from uz.targets.local.bootstrap import Bootstrap, bootstrap_path, make_bootstrap, read_bootstrap
from uz.targets.local.interim import move_interim
from uz.targets.local.keeping import LOST, log_in, referred
from uz.targets.local.layout import Layout
from uz.targets.local.memory import Reading
from uz.targets.local.one_run import Origin, Run, note
from uz.targets.local.openbao_up import bring_openbao
from uz.targets.local.reading import Recorded, readers
from uz.targets.local.rehearsed import copy_references
from uz.targets.local.sealed import Sealed, seal, unsealed
from uz.targets.local.supervise import Supervisor

CLOCK = "%Y-%m-%d %H:%M UTC"


@dataclass
class Keeper:
    """Where one run takes secrets from.

    `seen` is what it was given, from which the next sealed copy is made. `given` are those that
    come from elsewhere than the source. `stale` is the sealed copy, where that is the source.
    """

    source: SecretSource
    given: dict[str, Secret] = field(default_factory=dict)
    reading: Reading | None = None
    seen: dict[str, Secret] = field(default_factory=dict)
    stale: Sealed | None = None


def keep(
    run: Run, supervisor: Supervisor, *, identity: Secret | None, origin: Origin | None
) -> Keeper:
    """Open the secrets of a run: start OpenBao, log in, look for every secret and make up those
    that Uz makes. Where nothing answers, take the sealed copy.

    `origin`: a rehearsal takes the secrets that `uz.toml` refers to from there. Raises SecretError
    that lists all that is missing.
    """
    bootstrap = local_bootstrap(run.layout, run.spec)
    try:
        if run.spec.secrets.embedded:
            assert bootstrap is not None
            bring_openbao(run, supervisor, bootstrap)
        source = log_in(run.layout, run.spec, run.project, identity)
        return _opened(run, source, identity, origin)
    except (UnreachableError, UnhealthyError) as error:
        if identity is not None:  # nobody has seen whether that token is good
            raise
        return _stale(run, bootstrap, error)


def _opened(
    run: Run, source: SecretSource, identity: Secret | None, origin: Origin | None
) -> Keeper:
    """What a manager that answers gives."""
    spec, stack, seen = run.spec, run.stack, dict[str, Secret]()
    run.state = replace(run.state, stale_secrets="")
    reading = None
    if isinstance(source, ManagedSecrets):
        moved = move_interim(run.layout, source)
        if moved:
            run.progress("secrets", f"{len(moved)} moved from {run.layout.secrets} to the manager")
        if origin and origin.secrets and spec.secrets.embedded:
            copy_references(stack, source, origin)
    given = referred(stack, spec, source, run.project)
    seen |= given
    there = set(source.names())
    for name in dict.fromkeys(name for one in stack.services for name in one.passwords):
        if name not in there:
            ensure(source, name)
    if isinstance(source, ManagedSecrets) and spec.secrets.embedded:
        reading = _readers(run, source, seen, identity)
        if identity is None:
            run.notes += _pipeline(run, source)
        given = {text: value for text, value in given.items() if not text.startswith("ref+vault:")}
    return Keeper(Recorded(source, seen), given, reading, seen)


def _readers(
    run: Run, source: ManagedSecrets, seen: dict[str, Secret], identity: Secret | None
) -> Reading:
    """How each service logs in. A pipeline delivers secrets, and may not change who reads what."""
    try:
        return readers(run.layout, run.spec, run.stack, source, seen)
    except RefusedError as error:
        if identity is None:
            raise
        raise RefusedError(
            f"the pipeline may not change which service reads which secret: {error}",
            hint="Run `uz up` on the machine itself once: it gives each service its policy.",
        ) from error


def _stale(run: Run, bootstrap: Bootstrap | None, error: UzError) -> Keeper:
    """The sealed copy, said aloud; where there is none that may be used, the error stays."""
    spec, layout, now = run.spec, run.layout, datetime.now(UTC)
    found = None
    if bootstrap is not None and spec.secrets.stale_for:
        with suppress(SecretError):  # of one that cannot be opened: the first error says more
            found = unsealed(layout, bootstrap.sealing_key, spec.secrets.stale_for, now)
    if found is None:
        raise error
    until = found.taken_at + spec.secrets.stale_for
    used = (
        f"the secrets of {found.taken_at:{CLOCK}} are used, from the sealed copy, which counts"
        f" until {until:{CLOCK}} (secrets.stale_for)"
    )
    note(run, "failed", "secrets", f"the manager does not answer: {used}")
    run.state = replace(run.state, stale_secrets=f"{found.taken_at:{CLOCK}}")
    run.failed.append(type(error)(f"{error}\n{used}", hint=error.hint))
    return Keeper(found, dict(found.values), stale=found)


def remember_secrets(run: Run, keeper: Keeper) -> None:
    """Seal what this run was given, for a time in which the manager does not answer."""
    bootstrap = local_bootstrap(run.layout, run.spec)
    if bootstrap is None or keeper.stale is not None:
        return
    if run.spec.secrets.stale_for:
        seal(run.layout, bootstrap.sealing_key, keeper.seen)
    else:
        run.layout.sealed.unlink(missing_ok=True)


def local_bootstrap(layout: Layout, spec: Spec) -> Bootstrap | None:
    """The bootstrap credential, made where nothing depends on one yet; None where none is needed.

    Raises SecretError where it is lost, or is the user's to give.
    """
    if spec.secrets.manager is ManagerKind.FILE:
        return None
    path = bootstrap_path(layout, spec)
    found = read_bootstrap(path)
    given = spec.secrets.manager is ManagerKind.VAULT and spec.secrets.login is not Login.JWT
    if found is not None or given:
        return found
    if spec.secrets.embedded and _holds_secrets(layout):
        raise SecretError(f"{path}: the bootstrap credential is not there", hint=LOST)
    return make_bootstrap(path)


def _holds_secrets(layout: Layout) -> bool:
    """Whether there is data of an OpenBao that was initialised to the end."""
    data = layout.data / NAME
    return data.is_dir() and any(data.iterdir()) and not layout.initialising.exists()


def _pipeline(run: Run, source: ManagedSecrets) -> list[str]:
    """Let the pipeline of `uz.toml` log in; return what the user should know about that."""
    manager, pipeline = source.manager, run.spec.pipeline
    assert isinstance(manager, VaultManager)
    with errors(OWN):
        keep_rights(manager.client, source.prefix)
        if pipeline is None:
            unconfigure(manager.client)
            return []
        note_ = configure(manager.client, pipeline, _authority(run, pipeline), DEPLOY)
    return [note_] if note_ else []


def _authority(run: Run, pipeline: Pipeline) -> str:
    """The CA of the pipeline's issuer, in PEM; empty for the public ones. Raises SpecError."""
    if pipeline.authority is None:
        return ""
    path = run.project / pipeline.authority
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is no PEM file"
        hint = "Name a PEM file with the certificate of the issuer's CA."
        raise SpecError(f"pipeline.authority: {path}: {why}", hint=hint) from error
