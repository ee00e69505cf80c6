"""A backup of another database, published as if it were this one's."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from uz.backups import PASSPHRASE
from uz.backups.backup import BackupKind
from uz.backups.catalog import Catalog
from uz.backups.engine import Engine, Server
from uz.backups.point import parse_point
from uz.backups.sealing import seal, unseal
from uz.backups.shipment import POINTS
from uz.environment import Environment, only_in_rehearsals
from uz.errors import UzError
from uz.psql import ask, primary

REPOSITORY = "e" * 16
NAME = "uz-of-another-database"
PORT = 5432
LONG = 120.0
"""Seconds that each step may take."""


@contextmanager
def other_database(env: Environment) -> Iterator[None]:
    """Take a backup of an empty database, by the same engine, and have it off-site as newest."""
    only_in_rehearsals(env)
    store = env.backups().store("admin")
    inventory, _ = env.backups().inventory()
    path = max(path for path in inventory.files if path.startswith(POINTS))
    passphrase = env.secret(PASSPHRASE)
    real = parse_point(unseal(passphrase, store.read(f"{inventory.repository}/{path}")))
    try:
        with _Stranger.made(env) as (engine, repository, lsn):
            at = datetime.now(UTC)
            point = replace(real, name=NAME, at=at, lsn=lsn, repository=REPOSITORY)
            store.put(point.key, seal(passphrase, point.text().encode()))
            own = [one for one in repository.rglob("*") if one.is_file()]
            paths = {str(one.relative_to(repository)): one for one in own}
            sent = {path: one for path, one in paths.items() if not engine.passing(path)}
            for path, one in sent.items():
                store.put(f"{REPOSITORY}/database/{path}", one.read_bytes())
            catalog = Catalog(
                REPOSITORY,
                datetime.now(UTC),
                "pgbackrest",
                engine.backups(),
                {f"database/{path}": one.stat().st_size for path, one in sent.items()},
                {f"database/{path}": paths[path].read_bytes() for path in engine.index()},
                inventory.catalogs[-1].snapshot,
            )
            store.put(catalog.key, catalog.text().encode())
            yield
    finally:
        for key in store.list(f"{REPOSITORY}/"):
            store.remove(key)


@dataclass(frozen=True)
class _Stranger:
    """Another PostgreSQL, with all that it makes in one folder of the servers' user."""

    env: Environment
    folder: Path
    programs: str

    @classmethod
    @contextmanager
    def made(cls, env: Environment) -> Iterator[tuple[Engine, Path, str]]:
        """The engine with one full backup in it, the folder of its repository, and the place in
        its log where a restore point is."""
        leads = primary(env)
        programs = ask(env, leads, "SELECT setting FROM pg_config WHERE name = 'BINDIR'")
        one = cls(env, env.folder / "run" / "database" / "stranger", programs)
        one._run("rm", "-rf", str(one.folder))
        one._run("mkdir", "-m", "0700", str(one.folder), str(one.folder / "repository"))
        try:
            engine, lsn = one._backed_up()
            yield engine, one.folder / "repository", lsn
        finally:
            shutil.rmtree(one.folder, ignore_errors=True)

    def _backed_up(self) -> tuple[Engine, str]:
        data, repository = self.folder / "data", self.folder / "repository"
        engine = self.env.backups().engine(repository, self.folder / "engine")
        self._run(f"{self.programs}/initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-N")
        server = Server(data, self.folder, PORT)
        options = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.folder}'",
            "archive_mode": "on",
            "archive_command": f"'{self._archiving(data, repository)}'",
        }
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in options.items())
        control = (f"{self.programs}/pg_ctl", "-D", str(data), "-w", "-l", f"{self.folder}/log")
        self._run(*control, "start")
        try:
            engine.prepare(server)
            engine.back_up(server, BackupKind.FULL)
            lsn = self._ask(f"SELECT pg_create_restore_point('{NAME}')")
            self._ask("CREATE TABLE later AS SELECT 1 AS n")
        finally:
            self._run(*control, "stop", "-m", "fast")  # which archives what there is
        return engine, lsn

    def _archiving(self, data: Path, repository: Path) -> str:
        own = self.folder / "engine"
        return (
            f"pgbackrest --config={own}/pgbackrest.conf --stanza=main --repo1-path={repository}"
            f" --pg1-path={data} --lock-path={own}/lock --log-level-file=off --compress-type=zst"
            ' archive-push "%p"'
        )

    def _ask(self, sql: str) -> str:
        words = ("psql", "-XAtqw", "-h", str(self.folder), "-p", str(PORT), "-U", "postgres")
        return self._run(*words, "-d", "postgres", "-c", sql)

    def _run(self, *words: str) -> str:
        done = self.env.run(*words, timeout=LONG)
        if not done.ok:
            raise UzError(f"{words[0]}: {done.tail(2)}")
        return done.stdout.strip()
