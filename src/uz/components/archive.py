"""The log of the database is archived: into the repository on this machine, and nowhere else.

Nothing but the disk is in the way of a write: what is off-site gets its copy from the repository.
"""

from uz.components.archive_scripts import (
    NAME,
    archive_script,
    room_script,
    settings,
    setup_script,
    stanza_script,
)
from uz.components.database.archiving import archived
from uz.machine import Machine
from uz.spec import Spec
from uz.stack import Finished, Owner, Role, Service, Stack

SCRATCH = "run/database/pgbackrest"
"""pgBackRest's locks, below the environment's folder."""


def archive(spec: Spec, machine: Machine) -> Stack:
    """What PostgreSQL archives its log with, and the setup of the repository; nothing where the
    Spec has no database or no backups."""
    if spec.backups is None or not archived(spec):
        return Stack()
    files = {
        f"{NAME}/pgbackrest-archive": archive_script(),
        f"{NAME}/room": room_script(spec.backups),
        f"{NAME}/stanza": stanza_script(machine),
        f"{NAME}/setup": setup_script(machine),
        f"{NAME}/pgbackrest.conf": settings(spec),
    }
    return Stack((_setup(),), files)


def _setup() -> Service:
    return Service(
        name=NAME,
        role=Role.SERVER,
        owner=Owner.SERVERS,
        program="pgbackrest",
        description="the repository of backups, and whether the log arrives there",
        command=("sh", "{root}/config/archive-setup/setup"),
        ready=Finished(),
        after=("database-setup",),
        start_timeout=120,
    )
