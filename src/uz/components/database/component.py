"""The services and files of the database."""

from dataclasses import replace

from uz.components.database.access import hba, ident
from uz.components.database.archiving import delivered
from uz.components.database.roles import (
    BRIDGE,
    LOGINS,
    PASSWORDS,
    ROLES,
    bridge,
    canary,
    no_bridge,
    passfile,
    passwords,
    rights,
    roles,
    setup,
)
from uz.components.database.scripts import ready_script, start_script
from uz.components.database.settings import node_settings, settings
from uz.machine import Machine
from uz.spec import Database, Spec
from uz.stack import AskReady, Finished, Listen, Owner, Role, SecretText, Service, Stack

SETUP = "database-setup"
STARTING = 120.0
"""Seconds until a server serves in its role; the time that it copies or rewinds is not counted."""


def database(spec: Spec, machine: Machine) -> Stack:
    """PostgreSQL with its replicas, and the setup of roles and rights; nothing where the Spec has
    no database. The first server leads until another one is chosen."""
    wanted = spec.database
    if wanted is None:
        return Stack()
    files = {
        "database/start": start_script(machine),
        "database/ready": ready_script(machine),
        "database/postgresql.conf": settings(spec, wanted, machine),
        "database/pg_hba.conf": hba(),
        "database/pg_ident.conf": ident(isolated=machine.isolated),
        "database-setup/setup": setup(machine, backups=spec.backups is not None),
        "database-setup/roles.sql": roles(wanted),
        "database-setup/rights.sql": rights(),
        "database-setup/bridge.sql": bridge(wanted),
        "database-setup/no-bridge.sql": no_bridge(),
    }
    if spec.backups:
        files["database-setup/canary.sql"] = canary()
    files |= {f"database/{name(n)}.conf": node_settings(spec, wanted, n) for n in wanted.nodes}
    nodes = tuple(_server(spec, node) for node in wanted.nodes)
    return led_by(Stack((*nodes, _setup()), files), name(1))


def name(node: int) -> str:
    """The name of a server: any of them may be the primary."""
    return f"database-{node}"


def led_by(stack: Stack, leader: str) -> Stack:
    """The same stack, in which this server starts first and the others follow it."""

    def ordered(service: Service) -> Service:
        if service.name == SETUP:
            return replace(service, after=(leader,))
        if service.folder == "database":
            return replace(service, after=() if service.name == leader else (SETUP,))
        return service

    return Stack(tuple(map(ordered, stack.services)), stack.files)


def _server(spec: Spec, node: int) -> Service:
    own, port = name(node), spec.ports.database(node)
    return Service(
        name=own,
        folder="database",
        role=Role.SERVER,
        owner=Owner.SERVERS,
        program="postgres",
        description=f"PostgreSQL server {node}",
        command=("sh", "{root}/config/database/start", own, str(port)),
        ready=AskReady(("sh", "{root}/config/database/ready", own, str(port))),
        listens=(Listen(port),),
        credentials={"pgpass": SecretText(passfile("replication")), **delivered(spec)},
        passwords=PASSWORDS,
        take_up=("true",),  # its file is read whenever a connection is opened
        start_timeout=STARTING,
        stop_signal="INT",
        stop_timeout=90,
    )


def _setup() -> Service:
    return Service(
        name=SETUP,
        role=Role.SERVER,
        owner=Owner.SERVERS,
        program="postgres",
        description="roles, rights and time limits of the database",
        command=("sh", "{root}/config/database-setup/setup"),
        ready=Finished(),
        credentials={
            "passwords.sql": SecretText(passwords()),
            "pgpass": SecretText(passfile(*ROLES, BRIDGE)),
            "logins": SecretText(LOGINS),
        },
        passwords=PASSWORDS,
        start_timeout=120,
    )


def nodes_of(database: Database) -> tuple[str, ...]:
    """The names of all servers."""
    return tuple(map(name, database.nodes))
