"""A restore by hand: as by somebody who has the bucket, the passphrase and pgBackRest, and no Uz.

Settings of the private server are those that Uz's has, and the same is counted and looked at.
"""

import json
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.hand import as_owner, postgresql
from bench.processes import until
from bench.site import Site
from botocore.session import Session
from tests.backups.seaweed_server import BUCKET, REGION

from uz import shell
from uz.errors import UzError
from uz.stack import Owner
from uz.targets.local.users import user_of

THREADS = 8
LONGEST = 600.0
"""Seconds for one step."""
PATIENCE = 0.05
CONFIGURATION = """\
listen_addresses = ''
unix_socket_directories = '{folder}'
hba_file = '{folder}/hba.conf'
archive_mode = off
hot_standby = on
fsync = {fsync}
synchronous_commit = {fsync}
shared_buffers = 128MB
max_wal_size = 2GB
autovacuum = off
jit = off
max_connections = 400
max_worker_processes = 32
max_wal_senders = 20
max_prepared_transactions = 20
max_locks_per_transaction = 256
"""
COUNTS = """\
SELECT format('SELECT %L, count(*), sum(hashtextextended(t::text, 0)) FROM ONLY %s t;',
    c.oid::regclass, c.oid::regclass) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND relpersistence = 'p' AND nspname !~ '^pg_|^information_schema$'
"""


@dataclass
class ByHand:
    """Restores of one prefix in the bucket, in a folder of its own; seconds by phase."""

    site: Site
    prefix: str
    folder: Path
    configuration: bytes
    """pgBackRest's, with the passphrase."""
    phases: dict[str, float] = field(default_factory=dict)

    def fetch(self) -> dict[str, Any]:
        """Copy the database's part of the newest repository; return its catalog."""
        with self.timed("fetch"):
            client = self._client()
            keys = self._keys(client)
            newest = max((key for key in keys if "/catalogs/" in key), key=lambda one: one[-30:])
            catalog: dict[str, Any] = json.loads(self._read(client, newest))
            top = newest.partition("/catalogs/")[0]
            wanted = [key for key in keys if key.startswith(f"{top}/database/")]
            for parent in {(self.repository / key[len(top) + 10 :]).parent for key in wanted}:
                parent.mkdir(parents=True, exist_ok=True)
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda key: self._copied(client, key, top), wanted))
            self._indexes(catalog)
            self._handed_over()
        return catalog

    @property
    def repository(self) -> Path:
        """Where the copy is."""
        return self.folder / "repository"

    def unpack(self, name: str, label: str) -> Path:
        """Restore a backup into a new folder."""
        data = self.folder / name
        own = [f"--config={self.folder}/pgbackrest.conf", "--stanza=main",
               f"--repo1-path={self.repository}", f"--pg1-path={data}",
               f"--lock-path={self.folder}/lock", "--log-level-console=off",
               "--log-level-file=off"]  # fmt: skip
        get = f'restore_command=pgbackrest {" ".join(own)} archive-get %f "%p"'
        more = [f"--spool-path={self.folder}/spool", f"--recovery-option={get}",
                f"--set={label}", "--type=default", "restore"]  # fmt: skip
        with self.timed("restore"):
            words = [*as_owner(Owner.SERVERS), "pgbackrest", *own, *more]
            shell.checked(words, timeout=LONGEST, cwd=Path("/"))
        return data

    def start(self, data: Path, *, fsync: bool = False, **target: str) -> None:
        """Have a server recover up to a target and pause there; the latest there is without one."""
        with self.timed("recover"):
            text = CONFIGURATION.format(folder=self.folder, fsync="on" if fsync else "off")
            text += "".join(f"{name} = '{value}'\n" for name, value in target.items())
            text += "recovery_target_action = pause\n" if target else ""
            (self.folder / "server.conf").write_text(text)
            self._control(data, "start", "-W", "-l", f"{self.folder}/log",
                          "-o", f"--config_file={self.folder}/server.conf")  # fmt: skip
            asked = "pg_is_wal_replay_paused()" if target else "NOT pg_is_in_recovery()"
            until(lambda: self._answer(f"SELECT {asked}") == "t", f"{data.name} recovers", LONGEST)

    def stop(self, data: Path) -> None:
        """Stop it."""
        self._control(data, "stop", "-m", "fast", "-w")

    def count(self) -> None:
        """Count the rows of each table, with a checksum."""
        with self.timed("compare"):
            self._ask(self._ask(COUNTS))

    def check(self) -> None:
        """Look into all tables and indexes of the app's database with amcheck."""
        with self.timed("check"):
            self._ask("CREATE EXTENSION amcheck")
            shell.checked(
                [postgresql() / "pg_amcheck", "--heapallindexed", "-h", self.folder,
                 "-U", "postgres", "-d", "app"],
                timeout=LONGEST,
            )  # fmt: skip

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add to a phase."""
        begun = time.monotonic()
        yield
        self.phases[name] = self.phases.get(name, 0.0) + time.monotonic() - begun

    def _ask(self, sql: str) -> str:
        return shell.checked([*self._psql(), "-v", "ON_ERROR_STOP=1", "-c", sql], timeout=LONGEST)

    def _answer(self, sql: str) -> str:
        return shell.run([*self._psql(), "-c", sql], timeout=60).stdout.strip()

    def _psql(self) -> list[str | Path]:
        where = ("-h", self.folder, "-U", "postgres", "-d", "app")
        return [postgresql() / "psql", "-XAtqw", *where]

    def _control(self, data: Path, *words: str) -> None:
        command: list[str | Path] = [postgresql() / "pg_ctl", "-D", data, *words]
        done = shell.run([*as_owner(Owner.SERVERS), *command], timeout=LONGEST, cwd=Path("/"))
        if not done.ok:
            raise UzError(f"pg_ctl {words[0]}: {done.tail()}")

    def _client(self) -> Any:
        server = self.site.server
        return Session().create_client(
            "s3", region_name=REGION, endpoint_url=server.endpoint,
            aws_access_key_id="reader", verify=str(server.authority),
            aws_secret_access_key=server.keys["reader"].reveal().decode(),
        )  # fmt: skip

    def _keys(self, client: Any) -> list[str]:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=self.prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", ())]

    def _read(self, client: Any, key: str) -> bytes:
        content: bytes = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def _copied(self, client: Any, key: str, top: str) -> None:
        body = client.get_object(Bucket=BUCKET, Key=key)["Body"]
        with (self.repository / key[len(top) + 10 :]).open("wb") as file:
            shutil.copyfileobj(body, file, 2**20)

    def _indexes(self, catalog: dict[str, Any]) -> None:
        """pgBackRest's index is in the catalog, as it is written anew with each backup."""
        from base64 import b64decode

        for path, content in catalog["index"].items():
            (self.repository / path.removeprefix("database/")).write_bytes(b64decode(content))

    def _handed_over(self) -> None:
        own = user_of(Owner.SERVERS)
        (self.folder / "pgbackrest.conf").write_bytes(self.configuration)
        (self.folder / "hba.conf").write_text("local all all trust\n")
        for place, _, files in os.walk(self.folder):
            for path in (Path(place), *(Path(place) / one for one in files)):
                os.chown(path, own.uid, own.gid)


@contextmanager
def by_hand(site: Site, prefix: str, configuration: bytes, top: Path) -> Iterator[ByHand]:
    """Make the folder; in the end what runs there is stopped, and all of it removed."""
    folder = top / "restore"
    folder.mkdir(mode=0o700)
    one = ByHand(site, prefix, folder, configuration)
    try:
        yield one
    finally:
        for mark in folder.glob("*/postmaster.pid"):
            one.stop(mark.parent)
        shutil.rmtree(folder)


def newest_backup(catalog: dict[str, Any]) -> tuple[str, datetime]:
    """The label of the last backup, and when it ended."""
    last = max(catalog["backups"], key=lambda one: one["ended"])
    return last["label"], datetime.fromisoformat(last["ended"])
