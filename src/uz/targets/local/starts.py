"""How a run begins: folders and ports are there, and the environment says that they are its own."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from uz.components.database import led_by
from uz.components.database import name as database_name
from uz.machine import Machine
from uz.spec import Spec
from uz.stack import Service, Stack
from uz.targets.local.backups.own_repository import settle_repository
from uz.targets.local.backups.scratches import clear_abandoned
from uz.targets.local.backups.swapping import finish
from uz.targets.local.layout import Layout
from uz.targets.local.leading import lead, leader
from uz.targets.local.one_run import Progress, Run
from uz.targets.local.ports import check_ports
from uz.targets.local.prepare import prepare
from uz.targets.local.state import State, read_state, write_state

FINISHED = (
    "an interrupted restore was finished: the database was put back; `uz restore --undo` takes it"
    " back"
)


def begun(
    layout: Layout,
    spec: Spec,
    stack: Stack,
    machine: Machine,
    project: Path,
    progress: Progress,
    parent: str = "",
) -> Run:
    """The run, when its folders and ports are there and its claim is written down."""
    prepare(layout, stack)
    swapped = finish(layout, spec, stack)
    clear_abandoned(layout)
    services = in_order(layout, spec, stack)
    settle_repository(layout, spec)
    known = read_state(layout)
    check_ports(layout, spec, stack)
    state = _claimed(known or State(), spec, services, project, parent)
    write_state(layout, state)
    notes = [FINISHED] if swapped else []
    return Run(layout, spec, stack, machine, project, progress, state, notes=notes)


def in_order(layout: Layout, spec: Spec, stack: Stack) -> tuple[Service, ...]:
    """The services as they start: of the database's, the one that leads is the first."""
    if spec.database:
        node = leader(layout, spec)
        lead(layout, spec, node)
        stack = led_by(stack, database_name(node))
    return stack.in_start_order()


def awaited_first(services: Iterable[Service]) -> tuple[Service, ...]:
    """The same, but those that no other waits for at the end, and of them what runs once first:
    while a replica copies the whole database, users can be served."""
    ordered = tuple(services)
    awaited = {name for one in ordered for name in one.after}
    rest = [one for one in ordered if one.name not in awaited]
    return (
        *(one for one in ordered if one.name in awaited),
        *sorted(rest, key=lambda one: not one.once),
    )


def _claimed(
    state: State, spec: Spec, services: tuple[Service, ...], project: Path, parent: str
) -> State:
    listens = [listen for service in services for listen in service.listens]
    return replace(
        state,
        kind=spec.kind.value,
        project=str(project),
        ports=tuple(sorted(listen.port for listen in listens)),
        order=tuple(service.name for service in services),
        public_ports=tuple(sorted(listen.port for listen in listens if listen.public)),
        parent=parent,
    )
