"""Components: each turns the Spec and the facts of the machine into services and files."""

from collections.abc import Callable

from uz.components.app import app
from uz.components.archive import archive
from uz.components.database import database
from uz.components.edge import edge
from uz.components.log_rotation import log_rotation
from uz.components.migrate import migrate
from uz.components.offsite import offsite
from uz.components.openbao import openbao
from uz.components.pgbouncer import pgbouncer
from uz.components.redis import redis
from uz.components.scheduler import scheduler
from uz.components.shipping import shipping
from uz.machine import Machine
from uz.spec import Spec
from uz.stack import Stack, added

Component = Callable[[Spec, Machine], Stack]

COMPONENTS: tuple[Component, ...] = (
    openbao,
    offsite,
    redis,
    database,
    archive,
    pgbouncer,
    migrate,
    app,
    edge,
    log_rotation,
    scheduler,
    shipping,
)


def compose(spec: Spec, machine: Machine) -> Stack:
    """Put the whole stack of a Spec together."""
    return added(component(spec, machine) for component in COMPONENTS)
