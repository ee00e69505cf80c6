"""The private environment of a drill: made from the same Spec, seen by nobody, and removed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from uz.components import compose
from uz.operations.place import Place, layout_of
from uz.operations.rehearse import destroy, forget_secrets, refuse_others
from uz.secret import Secret
from uz.spec import Kind, Spec
from uz.targets.local.backups.recovering import Recovery, discard
from uz.targets.local.backups.restoring import clear
from uz.targets.local.bases import REHEARSAL_BASES, held_base
from uz.targets.local.bootstrap import bootstrap_path, read_bootstrap
from uz.targets.local.layout import Layout
from uz.targets.local.prepare import prepare_top
from uz.targets.local.recovery import Kit
from uz.targets.local.state import locked, read_state

SUFFIX = "-drill"
SCRATCH = "drill"
"""Where a drill restores the database alone, below the environment's folder."""
LONGEST = 24
"""Characters that an environment's name may have."""

OTHERS = 900.0
"""Seconds in which another drill has to end."""

Progress = Callable[[str, str], None]


def drill_spec(spec: Spec, base: int) -> Spec:
    """The Spec of a drill: one web instance, no replicas, no worker that could send anything out,
    no pipeline, and no backups of its own."""
    edge = spec.edge.model_copy(update={"http_port": base + 80, "https_port": base + 443})
    single = {"replicas": 0}
    return spec.model_copy(
        update={
            "environment": spec.environment[: LONGEST - len(SUFFIX)].rstrip("-") + SUFFIX,
            "kind": Kind.REHEARSAL,
            "app": spec.app.model_copy(update={"instances": 1}),
            "processes": {},
            "database": spec.database and spec.database.model_copy(update=single),
            "redis": spec.redis and spec.redis.model_copy(update=single),
            "edge": edge,
            "network": spec.network.model_copy(update={"port_base": base}),
            "secrets": spec.secrets.model_copy(update={"bootstrap": None})
            if spec.secrets.embedded
            else spec.secrets,
            "pipeline": None,
            "backups": None,
        }
    )


def drill_layout(spec: Spec) -> Layout:
    """Where the drill of an environment lives."""
    return layout_of(drill_spec(spec, REHEARSAL_BASES[0]))


@contextmanager
def drills_held(place: Place) -> Iterator[None]:
    """Be the only one that tries restores of an environment; another one is waited for. What one
    that was killed left, whichever kind it was, is removed.

    Raises BusyError where the other one does not end.
    """
    layout = drill_layout(place.spec)
    prepare_top(layout)
    with locked(layout, "drill", OTHERS):
        _clear_killed(place, layout)
        yield


def _clear_killed(place: Place, layout: Layout) -> None:
    state = read_state(layout)
    if state is None or state.parent:  # else it is an environment of the user's own
        discard(Recovery(layout, place.spec, place.stack))
        if any(path.exists() for path in (layout.root, *layout.beside)):
            destroy(layout)
    clear(place.layout.root / SCRATCH)


@contextmanager
def drill_place(place: Place, progress: Progress) -> Iterator[Place]:
    """The place for a drill, by who holds them, on ports that are its own while the block runs;
    what an interrupted one left is removed first. Raises MachineError."""
    layout = drill_layout(place.spec)
    if layout.root.exists():
        refuse_others(layout)
        progress("drill", "removing what an interrupted one left behind")
        destroy(layout)
    with held_base(layout) as base:
        spec = drill_spec(place.spec, base)
        yield Place(place.project, spec, place.machine, compose(spec, place.machine), layout)


@contextmanager
def removed_afterwards(beside: Place, progress: Progress) -> Iterator[None]:
    """Stop and remove the private environment, however the block is left."""
    try:
        yield
    finally:
        forget_secrets(beside.layout, beside.spec, beside.project, progress)
        destroy(beside.layout)
        progress("drill", "removed")


def drill_kit(place: Place, beside: Place, passphrase: Secret) -> Kit | None:
    """What the recovery kit has, made from the same sources; None where the secrets are kept in
    another place than the environment's own manager."""
    if not place.spec.secrets.embedded:
        return None
    found = read_bootstrap(bootstrap_path(place.layout, place.spec))
    if found is None:
        return None
    layout = beside.layout
    return Kit(layout.app, layout.environment, found.secret, found.seal_key, (), passphrase, "")
