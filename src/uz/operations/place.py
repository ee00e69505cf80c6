"""From a project folder and an environment's name to all that commands work with."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from uz import trail
from uz.backups.system import BackupSystem
from uz.components import compose
from uz.errors import MachineError
from uz.machine import Machine
from uz.programs import require, survey
from uz.spec import Spec, load
from uz.stack import Stack
from uz.targets.local.environment import LocalEnvironment
from uz.targets.local.layout import Layout, home
from uz.targets.local.prepare import prepare_top
from uz.targets.local.state import locked, read_state
from uz.targets.local.tools import tools_folder


def backups_in(env: LocalEnvironment) -> BackupSystem:
    """The backups of an environment; what they are made with needs places itself."""
    from uz.operations import backup_system

    return backup_system.backups_in(env)


@dataclass(frozen=True)
class Place:
    """A project on this machine in one environment."""

    project: Path
    spec: Spec
    machine: Machine
    stack: Stack
    layout: Layout

    @property
    def environment(self) -> LocalEnvironment:
        """The handle that experiments use."""
        return LocalEnvironment(
            self.layout, self.spec, self.stack, self.machine, backup_system=backups_in
        )


def place_of(project: Path, environment: str) -> Place:
    """Load the Spec and look at the machine. Raises UzError."""
    folder = project.resolve()
    spec = load(folder, environment)
    machine = survey(spec, tools_folder())
    require(machine, spec)
    return Place(folder, spec, machine, compose(spec, machine), layout_of(spec))


def layout_of(spec: Spec) -> Layout:
    """Where this environment lives."""
    return Layout(home(), spec.app.name, spec.environment)


def same_project(layout: Layout, project: Path) -> None:
    """Raise MachineError where another project of the same name owns the environment."""
    state = read_state(layout)
    if state and state.project and state.project != str(project):
        raise MachineError(
            f"{layout.app}/{layout.environment} belongs to the project {state.project}",
            hint="Give this app another app.name, or keep its state elsewhere with UZ_HOME."
            " If the project moved here: `uz up --adopt`.",
        )


@contextmanager
def changing(layout: Layout, command: str) -> Iterator[None]:
    """Hold the environment while it is changed, and write into the audit trail how that ended."""
    prepare_top(layout)
    with locked(layout, command):
        try:
            yield
        except BaseException as error:
            with suppress(MachineError):  # a full disk is better told by the error itself
                _record(layout, command, _outcome(error))
            raise
        _record(layout, command, "done")


def _outcome(error: BaseException) -> str:
    if not isinstance(error, Exception):
        return "interrupted"
    return f"failed: {str(error).splitlines()[0]}" if str(error) else "failed"


def _record(layout: Layout, command: str, outcome: str) -> None:
    if layout.app_folder.is_dir():
        trail.record(layout.trail, layout.environment, f"uz {command}", outcome)
