"""The place of an environment as it was applied, for what runs by itself: jobs and services.

`uz.toml` may be half-edited at that moment, of another branch, or gone with its folder.
"""

from pathlib import Path

from pydantic import ValidationError

from uz.components import compose
from uz.components.scheduler import APPLIED
from uz.errors import MachineError, UzError
from uz.operations.place import Place, place_of
from uz.programs import require, survey
from uz.spec import Spec
from uz.targets.local.layout import Layout
from uz.targets.local.state import read_state
from uz.targets.local.tools import tools_folder


def applied_place(layout: Layout) -> Place:
    """What `uz up` applied last, with the machine looked at anew. Raises UzError."""
    spec = applied_spec(layout)
    state = read_state(layout)
    machine = survey(spec, tools_folder())
    require(machine, spec)
    project = Path(state.project) if state and state.project else layout.root
    return Place(project, spec, machine, compose(spec, machine), layout)


def applied_spec(layout: Layout) -> Spec:
    """The Spec that `uz up` applied last. Raises UzError where there is none with backups."""
    path = layout.config / APPLIED
    try:
        spec = Spec.model_validate_json(path.read_text())
    except FileNotFoundError as error:
        raise UzError(
            f"{path}: not found: no backups are configured in what was applied",
            hint="Write [backups] into uz.toml and run `uz up`.",
        ) from error
    except OSError as error:
        raise MachineError(f"{path}: {error.strerror}") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise MachineError(
            f"{path}: damaged, or of another version of Uz", hint="`uz up` writes it anew."
        ) from error
    if (spec.app.name, spec.environment) != (layout.app, layout.environment):
        raise MachineError(
            f"{path}: is of {spec.app.name}/{spec.environment}", hint="`uz up` writes it anew."
        )
    return spec


def layout_at(root: Path) -> Layout:
    """The layout of the environment in this folder."""
    folder = root.resolve()
    return Layout(folder.parent.parent, folder.parent.name, folder.name)


def chosen_place(project: Path, environment: str, applied: Path | None) -> Place:
    """The place of a project, or, where its folder is given, of an environment as it was applied.

    Raises UzError.
    """
    return applied_place(layout_at(applied)) if applied else place_of(project, environment)
