"""How a private server is set: only who restores reaches it, and nothing it does leaves it."""

import re
from pathlib import Path

from uz import shell
from uz.backups.target import Aim, Target
from uz.components.database.roles import ROLES
from uz.errors import BackupError

PORT = 5432
"""Part of the socket's name only: there is no TCP."""
LIMITS = {
    "max_connections": 200,
    "max_worker_processes": 16,
    "max_wal_senders": 10,
    "max_prepared_xacts": 10,
    "max_locks_per_xact": 128,
}
"""By `pg_controldata`'s names, with what is taken at least. Below the primary's a recovery stops;
twice as much leaves room for a primary that was given more in the log that is replayed."""
NAMES = {
    "max_prepared_xacts": "max_prepared_transactions",
    "max_locks_per_xact": "max_locks_per_transaction",
}
ADMITTED = ("postgres", "owner", *ROLES)
LARGEST = 10_000


def limits(controldata: str) -> dict[str, int]:
    """Settings that a recovery needs, from what `pg_controldata` prints. Raises BackupError."""
    found = dict(re.findall(r"^(\w+) setting: +(\d+)$", controldata, re.MULTILINE))
    missing = LIMITS.keys() - found.keys()
    if missing:
        raise BackupError(f"pg_controldata does not tell {', '.join(sorted(missing))}")
    return {
        NAMES.get(name, name): min(max(2 * int(found[name]), least), max(LARGEST, int(found[name])))
        for name, least in LIMITS.items()
    }


def controlled(programs: Path, data: Path, rights: tuple[str, ...] = ()) -> str:
    """What `pg_controldata` says of a cluster. Raises BackupError."""
    done = shell.run(
        [*rights, "env", "LC_ALL=C", programs / "pg_controldata", "-D", data],
        timeout=60, cwd=Path("/"),
    )  # fmt: skip
    if not done.ok:
        raise BackupError(f"{data}: no database of this PostgreSQL: {done.tail(2)}")
    return done.stdout


def settings(
    name: str, socket: Path, folder: Path, needed: dict[str, int], *, durable: bool, memory: int
) -> dict[str, str]:
    """All that a private server is started with. They are given on the command line: there they
    count more than what `ALTER SYSTEM` wrote into the data."""
    return {
        "config_file": str(folder / "server.conf"),
        "hba_file": str(folder / "hba.conf"),
        "ident_file": str(folder / "ident.conf"),
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0777",
        "unix_socket_group": "",
        "external_pid_file": "",
        "ssl": "off",
        "bonjour": "off",
        "cluster_name": name,
        "archive_mode": "off",
        "archive_command": "",
        "primary_conninfo": "",
        "primary_slot_name": "",
        "synchronous_standby_names": "",
        "session_preload_libraries": "",
        "hot_standby": "on",
        "restart_after_crash": "off",
        "wal_level": "replica",
        "shared_buffers": f"{max(16, memory // 2**20)}MB",
        "max_wal_size": "2GB",
        "dynamic_shared_memory_type": "mmap",  # beside the data: what a kill leaves goes with it
        "fsync": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
        "logging_collector": "off",
        "log_destination": "stderr",
        "log_min_messages": "warning",
        "log_line_prefix": "",
        "lc_messages": "C",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "autovacuum": "off",
        **{key: str(value) for key, value in needed.items()},
    }


def recovery(target: Target, *, promote: bool) -> dict[str, str]:
    """Where a recovery is to stop, and what it does there. All are named: those of an earlier
    target must not stay."""
    wanted = {"time": "", "name": "", "xid": "", "lsn": "", "": ""}
    if target.aim is Aim.TIME:
        assert target.at is not None
        wanted["time"] = f"{target.at:%Y-%m-%d %H:%M:%S.%f}+00"
    elif target.aim is Aim.POINT:
        wanted["name"] = target.name
    elif target.aim is Aim.BACKUP:
        wanted[""] = "immediate"
    return {
        # one of them only may be given, even as empty in some versions
        **{_key(name): value for name, value in wanted.items() if value},
        "recovery_target_timeline": "latest",
        "recovery_target_inclusive": "on",
        "recovery_target_action": "promote" if promote or target.aim is Aim.LATEST else "pause",
    }


def _key(name: str) -> str:
    return f"recovery_target_{name}".rstrip("_")


def files(operator: str, servers: str, app: str) -> dict[str, str]:
    """The files beside the data: who may come in, by the user that the kernel names."""
    map_ = [f"private {user} {role}" for user in sorted({operator, servers}) for role in ADMITTED]
    map_ += [f"private {app} {role}" for role in ("app", "migrations") if app not in {operator}]
    return {
        "server.conf": "# All settings are on the command line.\n",
        "hba.conf": "local all all peer map=private\n",
        "ident.conf": "\n".join(map_) + "\n",
    }
