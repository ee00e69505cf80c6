"""Taking an environment of a project down."""

from pathlib import Path

from uz.errors import UzError
from uz.operations.place import changing, layout_of, same_project
from uz.spec import Spec, load
from uz.targets.local.down import delete, down, remove
from uz.targets.local.layout import Layout, known
from uz.targets.local.one_run import Progress
from uz.targets.local.state import locked, read_state
from uz.targets.local.supervise import Supervisor


def refuse_deletion(project: Path, environment: str) -> Layout:
    """Return the layout of an environment whose data may be deleted. Raises UzError."""
    spec = load(project.resolve(), environment)
    layout = layout_of(spec)
    same_project(layout, project.resolve())
    state = read_state(layout)
    if "production" in {spec.kind.value, state.kind if state else ""}:
        raise UzError(
            f"{layout.app}/{environment} is marked production: its data is not deleted",
            hint="`uz down` stops it. `uz uninstall` removes all that Uz made, and asks first.",
        )
    return layout


def take_down(
    project: Path, environment: str, command: str, *, progress: Progress, delete_data: bool = False
) -> tuple[str, ...]:
    """Stop the environment; return the services that were running. Raises UzError.

    `delete_data`: what interrupted recoveries, drills and rehearsals of it left goes as well.
    """
    spec = load(project.resolve(), environment)
    layout = layout_of(spec)
    remains = delete_data and layout.recovering.root.exists()
    if read_state(layout) is None and Supervisor(layout).pid() is None and not remains:
        return ()
    same_project(layout, project.resolve())
    with changing(layout, command):
        stopped = down(layout, progress=progress)
        if delete_data:
            delete(layout)
            for one in _made_from(spec):
                with locked(one, command):
                    down(one, progress=lambda _name, _what: None)
                    remove(one)
                progress(one.environment, "removed: it was left by an interrupted command")
    return stopped


def _made_from(spec: Spec) -> tuple[Layout, ...]:
    """Rehearsals and drills of an environment that are still there."""
    from uz.operations.drill_place import drill_layout  # all that rehearsals need

    layout, drill = layout_of(spec), drill_layout(spec)
    found = {}
    for one in known(layout.home):
        state = read_state(one) if one.app == layout.app else None
        if state and state.kind == "rehearsal" and state.parent == layout.environment:
            found[one.environment] = one
    begun = drill.recovering.root.exists() or drill.root.exists()
    if begun and read_state(drill) is None:  # it was killed before it was an environment
        found[drill.environment] = drill
    return tuple(found.values())
