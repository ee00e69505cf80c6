"""A rehearsal: a disposable environment from the same Spec, brought up, tried and destroyed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from uz.checklist.item import Item
from uz.components import compose
from uz.errors import BusyError, MachineError, SecretError
from uz.evidence import Evidence
from uz.operations import evidence_store
from uz.operations.place import Place, backups_in, changing, layout_of
from uz.operations.prove import EVERYTHING, Progress, Tried, check_controls, prove
from uz.programs import require
from uz.spec import ManagerKind, Spec
from uz.targets.local.bases import REHEARSAL_BASES, held_base
from uz.targets.local.down import down, remove
from uz.targets.local.environment import LocalEnvironment, rehearsal_spec
from uz.targets.local.keeping import log_in
from uz.targets.local.layout import Layout, known
from uz.targets.local.one_run import Origin
from uz.targets.local.state import locked, read_state
from uz.targets.local.up import up


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal showed."""

    evidence: tuple[Evidence, ...]
    controls: tuple[Tried, ...]


def rehearse(
    place: Place,
    items: tuple[Item, ...],
    command: str,
    *,
    progress: Progress,
    controls: bool = True,
) -> Rehearsed:
    """Try every experiment and every control of these items in a disposable environment.

    The evidence is kept with the environment it was made from, as far as that exists. The
    rehearsal is destroyed in any case; one that was killed before is removed first. Raises UzError.
    """
    require(place.machine, rehearsal_spec(place.spec, REHEARSAL_BASES[0]))
    with changing(_rehearsal_layout(place), command), _disposable(place, progress) as env:
        evidence = prove(env, items, EVERYTHING, progress)
        tried = check_controls(env, items, progress) if controls else ()
    if place.layout.root.is_dir():
        with locked(place.layout, "rehearse"):
            evidence_store.keep(place.layout.evidence, _not_better_known(place, items, evidence))
    return Rehearsed(evidence, tried)


def _not_better_known(
    place: Place, items: tuple[Item, ...], evidence: tuple[Evidence, ...]
) -> tuple[Evidence, ...]:
    """Leave out what speaks of the rehearsal alone; and what was tried on the environment itself
    and still counts: that says more."""
    max_age = {item.id: item.max_age for item in items}
    here_only = {(i.id, one.name) for i in items for one in i.experiments if one.here_only}

    def known(one: Evidence) -> bool:
        return any(
            not own.rehearsed
            and own.experiment == one.experiment
            and not own.staleness(one.inputs, one.taken_at, max_age[one.item])
            for own in evidence_store.read(place.layout.evidence, one.item)
        )

    own = (one for one in evidence if (one.item, one.experiment) not in here_only)
    return tuple(one for one in own if not known(one))


def _rehearsal_layout(place: Place) -> Layout:
    return layout_of(rehearsal_spec(place.spec, REHEARSAL_BASES[0]))


@contextmanager
def _disposable(place: Place, progress: Progress) -> Iterator[LocalEnvironment]:
    """Bring a rehearsal up on ports of its own; destroy it however the block is left."""
    layout = _rehearsal_layout(place)
    if layout.root.exists():
        refuse_others(layout)
        progress("rehearsal", "removing what an interrupted one left behind")
        destroy(layout)
    with held_base(layout) as base, _up_on(place, layout, base, progress) as env:
        yield env


@contextmanager
def _up_on(
    place: Place, layout: Layout, base: int, progress: Progress
) -> Iterator[LocalEnvironment]:
    spec = rehearsal_spec(place.spec, base)
    stack = compose(spec, place.machine)
    origin = Origin(place.layout, place.spec) if read_state(place.layout) else None
    try:
        up(
            layout,
            spec,
            stack,
            place.machine,
            place.project,
            progress=lambda name, what: progress("rehearsal", f"{name} {what}"),
            origin=origin,
            parent=place.spec.environment,
        )
        yield LocalEnvironment(
            layout, spec, stack, place.machine, place.spec.kind, backup_system=backups_in
        )
    finally:
        forget_secrets(layout, spec, place.project, progress)
        destroy(layout)
        progress("rehearsal", "destroyed")


def forget_secrets(layout: Layout, spec: Spec, project: Path, progress: Progress) -> None:
    """Take what a rehearsal made up out of a manager that outlives it."""
    if spec.secrets.embedded or spec.secrets.manager is ManagerKind.FILE:
        return
    try:
        source = log_in(layout, spec, project)
        for name in source.names():
            source.remove(name)
    except SecretError as error:
        progress("rehearsal", f"its secrets stay in the manager: {error}")


def refuse_others(layout: Layout) -> None:
    """Raise MachineError where the folder is no rehearsal's: its data is not ours to remove."""
    state = read_state(layout)
    if state is not None and not state.parent:
        raise MachineError(
            f"{layout.root}: is an environment of its own, not a rehearsal left behind",
            hint=f"Give the environment {layout.environment!r} another name.",
        )


def destroy(layout: Layout) -> None:
    """Stop and remove a rehearsal."""
    down(layout, progress=lambda _name, _what: None)
    remove(layout)


def leftovers(place: Place) -> tuple[Layout, ...]:
    """Rehearsals of this app that were interrupted and are still there."""
    found = []
    for layout in known(place.layout.home):
        state = read_state(layout) if layout.app == place.layout.app else None
        if state and state.kind == "rehearsal" and state.parent and _unheld(layout):
            found.append(layout)
    return tuple(found)


def _unheld(layout: Layout) -> bool:
    try:
        with locked(layout, "look"):
            return True
    except BusyError:
        return False
