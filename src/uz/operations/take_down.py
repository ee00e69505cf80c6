"""Taking an environment of a project down."""

from pathlib import Path

from uz.errors import UzError
from uz.operations.place import changing, layout_of, same_project
from uz.spec import load
from uz.targets.local.down import delete, down
from uz.targets.local.layout import Layout
from uz.targets.local.one_run import Progress
from uz.targets.local.state import read_state
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
    """Stop the environment; return the services that were running. Raises UzError."""
    layout = layout_of(load(project.resolve(), environment))
    if read_state(layout) is None and Supervisor(layout).pid() is None:
        return ()
    same_project(layout, project.resolve())
    with changing(layout, command):
        stopped = down(layout, progress=progress)
        if delete_data:
            delete(layout)
    return stopped
