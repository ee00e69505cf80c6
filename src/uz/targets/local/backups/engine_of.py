"""The engine that backs an environment up, with its rights, its paths and its passphrase."""

from pathlib import Path

from uz.backups.engine import Server
from uz.backups.pgbackrest import PgBackRest
from uz.components.archive import SCRATCH
from uz.components.database import name
from uz.components.database.archiving import CREDENTIAL, credential
from uz.errors import BackupError
from uz.machine import Machine
from uz.secret import Secret
from uz.spec import Spec
from uz.stack import Owner
from uz.targets.local.backups.repository import Repository
from uz.targets.local.folders import folder, write
from uz.targets.local.layout import Layout
from uz.targets.local.leading import leader
from uz.targets.local.users import as_user, isolated, user_of

TIMEOUT = 6 * 3600.0


def engine_of(layout: Layout, spec: Spec, machine: Machine, repository: Repository) -> PgBackRest:
    """The engine for the environment's own repository: it reads the passphrase from memory, where
    `uz up` delivered it."""
    return PgBackRest(
        repository=repository.database,
        configuration=layout.credentials / CREDENTIAL,
        scratch=layout.root / SCRATCH,
        program=_program(machine),
        rights=_rights(),
        timeout=spec.backups.timeout.total_seconds() if spec.backups else TIMEOUT,
    )


def private_engine(
    copy: Path, machine: Machine, passphrase: Secret, scratch: Path, timeout: float = TIMEOUT
) -> PgBackRest:
    """The engine for a fetched copy: `copy` has the files of a repository's `database/`, by their
    paths in it, all readable for the servers' user. The passphrase is written below `scratch`, for
    that user alone, and is gone when its owner removes that folder. Raises MachineError.
    """
    user = user_of(Owner.SERVERS)
    folder(scratch, 0o700, user.uid, user.gid)
    configuration = scratch / "pgbackrest.conf"
    write(configuration, credential(passphrase.reveal().decode()), 0o600, user.uid, user.gid)
    return PgBackRest(copy, configuration, scratch, _program(machine), _rights(), timeout)


def server_of(layout: Layout, spec: Spec) -> Server:
    """The server that is the primary now. Raises BackupError where the app has no database."""
    if spec.database is None:
        raise BackupError(f"{layout.app}/{layout.environment}: has no database to back up")
    node = leader(layout, spec)
    data = layout.data / "database" / name(node)
    return Server(data.resolve(), layout.run / "database", spec.ports.database(node))


def _program(machine: Machine) -> str:
    found = machine.programs.get("pgbackrest")
    return found.path if found else "pgbackrest"


def _rights() -> tuple[str, ...]:
    return tuple(as_user(user_of(Owner.SERVERS))) if isolated() else ()
