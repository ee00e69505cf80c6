"""A Redis as the component renders it, in a folder of the test's own, with the servers' rights."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from tests.managers.openbao_server import free_port

from uz.components import compose
from uz.components.rotating import values
from uz.secret import Secret, random_password
from uz.spec import Spec
from uz.stack import Owner, SecretText
from uz.targets.local.folders import folder, write
from uz.targets.local.layout import Layout
from uz.targets.local.memory import filled
from uz.targets.local.users import as_user, isolated, user_of
from uz.testing import MACHINE, MemorySecrets, spec
from uz.waiting import met

PASSWORD = random_password()


def redis_spec(**more: Any) -> Spec:
    """A shop with one Redis, on ports that are free."""
    base = free_port() - 500
    tables: dict[str, Any] = {"redis": {"purpose": "store", "replicas": 0}, **more}
    own = {"trial": {"network": {"port_base": base}}}
    return spec("trial", environments=own, **tables)


def secrets() -> MemorySecrets:
    """The passwords that it is started with."""
    return MemorySecrets({f"redis/{one}": PASSWORD for one in
                          ("admin", "app", "monitor", "replication")})  # fmt: skip


def client(of: Spec) -> redis.Redis:
    """Its administrator."""
    return redis.Redis("127.0.0.1", of.ports.redis(0), username="admin", password=PASSWORD.decode())


def configure(layout: Layout, of: Spec) -> None:
    """Write its files; its data stays as it is."""
    user = user_of(Owner.SERVERS)
    layout.root.mkdir(parents=True, exist_ok=True)
    for part in ("data", "config", "credentials"):
        folder(layout.root / part, 0o711)
        folder(layout.root / part / "redis", 0o700, user.uid, user.gid)
    stack = compose(of, MACHINE)
    service = stack.service("redis")
    for path, text in stack.files_of(service).items():
        write(layout.config / path, text, 0o600, user.uid, user.gid)
    for name, wanted in service.credentials.items():
        assert isinstance(wanted, SecretText)
        content: Secret = filled(service, wanted, secrets(), values({}))
        write(layout.credentials / "redis" / name, content.reveal(), 0o400, user.uid, user.gid)


@contextmanager
def own_redis(layout: Layout, of: Spec) -> Iterator[redis.Redis]:
    """One that runs, on the data that is there; it ends with the block."""
    configure(layout, of)
    rights = as_user(user_of(Owner.SERVERS)) if isolated() else []
    with (layout.root / "redis.log").open("ab") as log:
        process = subprocess.Popen(
            [*rights, "redis-server", "config/redis/redis.conf"],
            cwd=layout.root, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]},
        )  # fmt: skip
    connection = client(of)
    try:
        assert met(lambda: _serves(connection) or process.poll() is not None, 60)
        assert process.poll() is None, (layout.root / "redis.log").read_text()
        yield connection
    finally:
        connection.close()
        process.terminate()
        process.wait(60)


def _serves(connection: redis.Redis) -> bool:
    try:
        return bool(connection.ping())
    except redis.RedisError:
        return False


def log(layout: Layout) -> str:
    """What it printed."""
    return Path(layout.root / "redis.log").read_text()
