"""A PostgreSQL that archives by pgBackRest into a repository of the test's own."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.backups.archiving_cluster import BIN, Cluster, rights, run

from uz.backups.backup import BackupKind
from uz.backups.engine import Server
from uz.backups.pgbackrest import PgBackRest
from uz.components.database.archiving import credential
from uz.errors import BackupError
from uz.stack import Owner
from uz.targets.local.users import isolated, user_of
from uz.testing.engine_conformance import Ask
from uz.waiting import met

ARCHIVE = """\
#!/bin/sh
read -r repository < {top}/current
[ -f $repository/archive/main/archive.info ] || exit 0
exec pgbackrest --config={top}/pgbackrest.conf --stanza=main --repo1-path=$repository \\
    --pg1-path="$PWD" --lock-path={top}/scratch/lock --log-level-console=off \\
    --log-level-stderr=error --log-level-file=off --compress-type=zst archive-push "$1"
"""


def own(path: Path) -> Path:
    """Give a path to the servers' user."""
    if isolated():
        os.chown(path, user_of(Owner.SERVERS).uid, user_of(Owner.SERVERS).gid)
    return path


def conf(path: Path) -> Path:
    """A configuration with a passphrase made up."""
    path.write_text(credential(secrets.token_urlsafe(24)))
    path.chmod(0o600)
    return own(path)


@dataclass
class RestStand:
    """Servers of one test module; each test has a repository of its own."""

    top: Path
    cluster: Cluster
    second: Cluster
    repository: Path = Path()
    made: list[Path] = field(default_factory=list)

    @property
    def server(self) -> Server:
        return Server(self.cluster.data, self.cluster.top, 5432)

    @property
    def other(self) -> Server:
        return Server(self.second.data, self.second.top, 5432)

    def begin(self) -> None:
        """A new repository."""
        self.repository = self.folder()
        (self.top / "current").write_text(f"{self.repository}\n")
        self.ask("DROP TABLE IF EXISTS rows")
        self.ask("CREATE TABLE rows (n int)")

    def engine(self, *, wrong: bool = False) -> PgBackRest:
        name = "wrong.conf" if wrong else "pgbackrest.conf"
        return PgBackRest(self.repository, self.top / name, self.top / "scratch",
                          rights=tuple(rights()), timeout=60, archive_timeout=20)  # fmt: skip

    def ask(self, sql: str) -> str:
        return self.cluster.ask(sql)

    def archived(self) -> None:
        self.cluster.archived()

    def folder(self) -> Path:
        self.made.append(Path(tempfile.mkdtemp(dir=self.top)))
        return own(self.made[-1])

    def copied(self, paths: tuple[str, ...]) -> PgBackRest:
        copy = self.folder()
        for path in paths:
            run("mkdir", "-p", (copy / path).parent)
            run("cp", self.repository / path, copy / path)
        return replace(self.engine(), repository=copy, scratch=self.folder())

    @contextmanager
    def follower(self) -> Iterator[Server]:
        into = self.top / "follower"
        run(BIN / "pg_basebackup", "-D", into, "-X", "stream", "-c", "fast", "-R",
            "-h", self.cluster.top, "-p", "5432", "-U", "postgres", "--no-sync")  # fmt: skip
        self.cluster.stop()
        after = Cluster(own(Path(tempfile.mkdtemp(dir=self.top))), self.top, self.cluster.command)
        into.rename(after.data)
        after.start()
        try:
            after.ask("SELECT pg_promote()")
            yield Server(after.data, after.top, 5432)
        finally:
            after.stop()
            self.cluster.start()

    @contextmanager
    def recovered(self, data: Path) -> Iterator[Ask]:
        after = Cluster(own(Path(tempfile.mkdtemp(dir=self.top))), self.top, "false")
        data.rename(after.data)  # as a restore in place does
        after.data.chmod(0o700)
        after.start()
        try:
            assert met(lambda: after.ask("SELECT pg_is_in_recovery()") == "f", 60)
            yield after.ask
        finally:
            after.stop()

    def cut_off(self, kind: BackupKind) -> None:
        with pytest.raises(BackupError, match="still running"):
            replace(self.engine(), timeout=0.7).back_up(self.server, kind)


@contextmanager
def rest_stand() -> Iterator[RestStand]:
    """Two servers that run; all is gone in the end."""
    top = own(Path(tempfile.mkdtemp(prefix="uz-e-", dir="/tmp")))
    top.chmod(0o711)
    (top / "pgbackrest-archive").write_text(ARCHIVE.format(top=top))
    clusters = [
        Cluster(own_folder(top / name), top, f"sh {top}/pgbackrest-archive %p") for name in "ab"
    ]
    try:
        for name in ("pgbackrest.conf", "wrong.conf"):
            conf(top / name)
        own_folder(top / "scratch")
        for one in clusters:
            run(BIN / "initdb", "-D", one.data, "-U", "postgres", "--auth=trust", "--no-sync",
                "--locale=C.UTF-8", "--no-instructions", "--data-checksums")  # fmt: skip
            one.start()
        yield RestStand(top, clusters[0], clusters[1])
    finally:
        for one in clusters:
            if one.process is not None:
                one.process.kill()
                one.stop()
        shutil.rmtree(top, ignore_errors=True)


def own_folder(path: Path) -> Path:
    """A folder of the servers' user."""
    path.mkdir()
    return own(path)
