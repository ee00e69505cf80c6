"""How a run begins: folders and ports are there, and the environment says that they are its own."""

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


def awaited_first(services: tuple[Service, ...]) -> tuple[Service, ...]:
    """The same, but first what users wait for, then what other services wait for, then the rest:
    while a replica copies the whole database, users can be served."""
    known = {one.name: one for one in services}
    users: set[str] = set()
    waiting = [one for one in services if any(listen.public for listen in one.listens)]
    while waiting:
        one = waiting.pop()
        users.add(one.name)
        waiting += [known[name] for name in one.after if name in known.keys() - users]
    awaited = {name for one in services for name in one.after}
    return tuple(sorted(services, key=lambda one: (one.name not in users, one.name not in awaited)))


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
