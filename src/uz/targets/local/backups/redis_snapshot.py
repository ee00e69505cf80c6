"""What Redis holds, in one file: taken from the running primary, and put back for one to start on.

`redis-cli --rdb` follows the primary like a replica until it has all, which stops nobody. It has
to write into a file by name: to its standard output it adds the 40 characters that mark the end,
which `redis-check-rdb` lets pass and a server does not.
"""

import re
from pathlib import Path

from uz.components.redis import name
from uz.errors import BackupError, ProgramError
from uz.programs import SEARCHED
from uz.secret import Secret
from uz.shell import run
from uz.spec import Spec
from uz.stack import Owner
from uz.targets.local.folders import disk_errors, folder
from uz.targets.local.users import User, as_user, isolated, user_of

FILE = "redis.rdb"
APPENDED = "appendonly.aof"
"""What Redis 6 reads at its start, and Redis 7 takes over into files of its own: one format for
both. (A `dump.rdb` is not looked at where `appendonly` is on.)"""
WHOLE = re.compile(r"\[offset (\d+)\] Checksum OK")


def take_redis(spec: Spec, password: Secret, place: Path, *, timeout: float = 3600) -> Path:
    """Take all that the primary holds into a folder of the servers' user below `place`, where that
    user may pass; return the file. `password` is the administrator's.

    Raises BackupError where Redis does not give it, or gave something else.
    """
    user = user_of(Owner.SERVERS)
    file = folder(place / "redis", 0o700, user.uid, user.gid) / FILE
    server = ["-h", "127.0.0.1", "-p", str(spec.ports.redis(0)), "--user", "admin"]
    done = run(
        [*_rights(user), "redis-cli", *server, "--rdb", file],
        timeout=timeout,
        environment={"PATH": SEARCHED, "REDISCLI_AUTH": password.reveal().decode()},
    )
    if not done.ok:
        said = done.tail(1).removeprefix("AUTH failed: ")
        raise BackupError(
            f"{name(0)}: cannot be backed up: {said}",
            hint="`uz status` says whether it runs, `uz logs redis` what it says.",
        )
    check_redis(file, user, timeout=timeout)
    return file


def check_redis(file: Path, user: User | None = None, *, timeout: float = 3600) -> None:
    """Read a file of Redis's to its end. Raises BackupError where it is cut off, has too much, or
    its checksum is wrong."""
    done = run(
        [*_rights(user), "redis-check-rdb", file], timeout=timeout, environment={"PATH": SEARCHED}
    )
    whole = WHOLE.search(done.stdout)
    if not done.ok or whole is None:
        lines = [one for one in done.stdout.splitlines() if one.startswith("[offset")]
        why = lines[-1].partition("] ")[2] if lines else done.tail(1)
        raise BackupError(f"{file.name}: Redis's backup is damaged: {why}")
    with disk_errors(file):
        more = file.stat().st_size - int(whole[1])
    if more:
        raise BackupError(f"{file.name}: Redis's backup is damaged: {more} bytes after its end")


def _rights(user: User | None) -> list[str]:
    return as_user(user) if user and isolated() else []


def put_redis(file: Path, data: Path) -> None:
    """Put what was taken where a server with this data folder reads it when it starts.

    Raises BackupError where there is data already, or what was taken is damaged.
    """
    user = user_of(Owner.SERVERS)
    try:
        check_redis(file)
    except ProgramError as error:
        raise BackupError(f"{file}: cannot be checked: {error}", hint=error.hint) from error
    with disk_errors(data):
        folder(data, 0o700, user.uid, user.gid)
        if any(data.iterdir()):
            raise BackupError(f"{data}: holds data already", hint="Nothing is overwritten.")
        copied = run(
            ["install", "-m", "600", "-o", str(user.uid), "-g", str(user.gid), "--", file,
             data / APPENDED],
            timeout=3600, environment={"PATH": SEARCHED},
        )  # fmt: skip
    if not copied.ok:
        raise BackupError(f"{data}: Redis's data cannot be put there: {copied.tail(1)}")
