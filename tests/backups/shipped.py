"""A real PostgreSQL with pgBackRest, its repository, and a store of files that all of it is in."""

import secrets
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.backups.archiving_cluster import MACHINE, Cluster, a_cluster, run

from uz.backups.backup import Backup, BackupKind
from uz.backups.engine import Server
from uz.backups.pgbackrest import PgBackRest
from uz.secret import Secret
from uz.targets.local.backups.cataloging import write_catalog
from uz.targets.local.backups.engine_of import private_engine
from uz.targets.local.backups.inventory import local_files
from uz.targets.local.backups.repository import Repository
from uz.targets.local.backups.restoring import Workshop
from uz.testing.folder_store import FolderStore


@dataclass(frozen=True)
class Shipped:
    """A cluster, its repository on this machine, and the store."""

    cluster: Cluster
    repository: Repository
    engine: PgBackRest
    store: FolderStore
    passphrase: Secret

    @property
    def workshop(self) -> Workshop:
        """What a restore is done with."""
        return Workshop(
            MACHINE,
            lambda folder, scratch: private_engine(folder, MACHINE, self.passphrase, scratch),
            self.engine,
        )

    def take(self, kind: BackupKind = BackupKind.FULL) -> Backup:
        """Take a backup, write its catalog, and send all of it."""
        server = Server(self.cluster.data, self.cluster.top, 5432)
        backup = self.engine.back_up(server, kind)
        write_catalog(self.repository, self.engine, "pgbackrest", "")
        self.ship()
        return backup

    def ship(self) -> None:
        """Send what is archived, and catalogs."""
        self.cluster.archived()
        for path in local_files(self.repository):
            inside = path.removeprefix("database/")
            if not self.engine.passing(inside) and inside not in self.engine.index():
                self.store.put(f"{self.repository.id}/{path}", self.repository.folder / path)
        for one in self.repository.catalogs.iterdir():
            self.store.put(f"{self.repository.id}/catalogs/{one.name}", one)


@contextmanager
def a_shipped_cluster(offsite: Path) -> Iterator[Shipped]:
    """Begin with a table `seen`, and no backup yet; all but the store is gone in the end."""
    with a_cluster() as (cluster, _):
        cluster.ask("CREATE TABLE seen (n int)")
        cluster.stop()
        repository = Repository(cluster.top / "repositories" / "cafe01")
        for path in (repository.database, repository.catalogs, repository.files, repository.points):
            run("mkdir", "-p", path)
        passphrase = Secret(secrets.token_hex(16).encode())
        engine = private_engine(repository.database, MACHINE, passphrase, cluster.top / "engine")
        words = [
            engine.program, f"--config={engine.configuration}", "--stanza=main",
            f"--repo1-path={engine.repository}", f"--pg1-path={cluster.data}",
            f"--lock-path={engine.scratch}/lock", "--log-level-console=off",
            "--log-level-file=off", "--compress-type=zst", "archive-push",
        ]  # fmt: skip
        cluster.command = f'{shlex.join(words)} "%p"'
        cluster.start()
        engine.prepare(Server(cluster.data, cluster.top, 5432))
        yield Shipped(cluster, repository, engine, FolderStore(offsite), passphrase)
