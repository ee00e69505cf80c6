"""A restored cluster becomes the environment's primary; its replicas are copied from it."""

import re
import shutil
from pathlib import Path

from uz.components.database import name
from uz.components.database.scripts import bin_folder, major
from uz.errors import BackupError
from uz.machine import Machine
from uz.shell import run
from uz.stack import Owner
from uz.targets.local.backups.moving import move, owned
from uz.targets.local.backups.recovering import Recovery
from uz.targets.local.folders import disk_errors, write
from uz.targets.local.users import as_user, isolated, user_of

STATE = re.compile(r"^Database cluster state: +(.*)$", re.MULTILINE)
STOPPED = "shut down"
"""Of `pg_controldata`: promoted and ended in order. One that still recovers says more."""
OF_RESTORES = re.compile(
    r"^\s*(restore_command|recovery_target\w*|recovery_end_command|archive_\w+|primary_conninfo"
    r"|primary_slot_name|# (Recovery settings generated|Removed) by pgBackRest)\b.*\n?",
    re.MULTILINE,
)
"""What restores write into `postgresql.auto.conf`, which counts more than the configuration: with
it the database would not archive, and replicas would ask a repository that is no more."""


def recover_database(recovery: Recovery, cluster: Path, machine: Machine) -> None:
    """Put a cluster in place that was restored, promoted and stopped in order.

    Raises BackupError where it is not so, or is of another version than this PostgreSQL.
    """
    _refuse(cluster, machine)
    place = recovery.beside.data / "database" / name(1)
    user = user_of(Owner.SERVERS)
    with disk_errors(cluster):
        auto = cluster / "postgresql.auto.conf"
        if auto.is_file() and not auto.is_symlink():
            write(auto, OF_RESTORES.sub("", auto.read_text()), 0o600)
        for slot in (cluster / "pg_replslot").iterdir():  # of the replicas that were
            shutil.rmtree(slot)
        if place.exists():
            place.rmdir()
        move(cluster, place)
    owned(place, user)
    with disk_errors(place):
        place.chmod(0o700)


def _refuse(cluster: Path, machine: Machine) -> None:
    try:
        found = (cluster / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise BackupError(f"{cluster}: holds no data of PostgreSQL") from error
    if found != str(major(machine)):
        raise BackupError(
            f"the backup is of PostgreSQL {found}, and this machine has {major(machine)}",
            hint=f"Install postgresql-{found}; [database] version = {found} chooses it.",
        )
    for mark in ("postmaster.pid", "standby.signal", "recovery.signal", "backup_label"):
        if (cluster / mark).exists():
            raise BackupError(f"{cluster}: was not promoted and stopped ({mark} is there)")
    rights = as_user(user_of(Owner.SERVERS)) if isolated() else []
    done = run(
        [*rights, f"{bin_folder(machine)}/pg_controldata", "-D", cluster],
        timeout=60, cwd=Path("/"), environment={"LC_ALL": "C"},
    )  # fmt: skip
    state = STATE.search(done.stdout)
    if not done.ok or state is None or state[1] != STOPPED:
        why = state[1] if state else done.tail(1)
        raise BackupError(f"{cluster}: was not promoted and stopped: {why}")
