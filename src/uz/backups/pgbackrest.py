"""pgBackRest as the engine: full, differential and incremental backups, and the database's log.

Its options are given one by one with each command, as it refuses those that a command has no use
for. The passphrase, and that there is one, is in a file: `uz.toml` knows no secret, and argv none.
"""

import logging
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from uz.backups.backup import Backup, BackupKind
from uz.backups.engine import Server
from uz.backups.pgbackrest_errors import fail
from uz.backups.pgbackrest_files import STANZA, changing, label_in, segment
from uz.backups.pgbackrest_info import cluster_of, damaged, parse_info
from uz.backups.pgbackrest_log import gaps
from uz.backups.pgbackrest_verify import differing, parse_verify
from uz.errors import BackupError, BusyError, ProgramError
from uz.shell import Completed, run

log = logging.getLogger(__name__)

QUIET = ("--log-level-console=off", "--log-level-stderr=error", "--log-level-file=off",
         "--no-log-timestamp")  # fmt: skip
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
"""Nothing else: it would take options from variables."""
TYPES = {BackupKind.FULL: "full", BackupKind.DIFFERENTIAL: "diff", BackupKind.INCREMENTAL: "incr"}
QUESTION = 120.0
"""Seconds for what reads a few small files."""
AWAY = 126
"""An exit code over 125 stops a recovery. PostgreSQL takes any other for "there is no more log" and
would open a database without the rest of it, though the rest is there and only cannot be read."""


@dataclass(frozen=True)
class PgBackRest:
    """pgBackRest with one repository, in a folder. `configuration` is the file that has
    `repo1-cipher-type` and `repo1-cipher-pass`; `scratch` a folder for its locks, the same for all
    who work on the repository. `rights` are words before each command, which make it run as the
    user who may read all of them, and the server's data. Times in seconds.
    """

    repository: Path
    configuration: Path
    scratch: Path
    program: str = "pgbackrest"
    rights: tuple[str, ...] = ()
    timeout: float = 6 * 3600
    archive_timeout: float = 60

    def prepare(self, server: Server) -> None:
        """Make the repository ready for this server; nothing happens where it is. Raises
        BackupError where it is of another database."""
        self._done("stanza-create", self._locks(), self._server(server), timeout=QUESTION)

    def back_up(self, server: Server, kind: BackupKind) -> Backup:
        """Take a backup; a full one where there is none yet to build on. Raises BusyError while
        another one is taken. Of one that fails nothing is kept."""
        before = {one.label for one in self.backups()}
        done = self._run(
            "backup",
            self._locks(),
            self._server(server),
            (f"--type={TYPES[kind]}", "--start-fast", "--no-expire-auto", "--no-resume",
             "--repo1-bundle", "--compress-type=zst",
             f"--archive-timeout={self.archive_timeout:g}"),
            timeout=self.timeout,
        )  # fmt: skip
        if not done.ok:
            error = fail("backup", done.code, done.stderr, self.repository)
            if not isinstance(error, BusyError):
                self._remove_halves()
            raise error
        taken = [one for one in self.backups() if one.label not in before]
        if not taken:
            raise BackupError(f"{self.repository}: pgBackRest took a backup and does not list it")
        return taken[-1]

    def backups(self) -> tuple[Backup, ...]:
        """The backups in the repository, oldest first."""
        return parse_info(self._info())

    def cluster(self) -> str:
        """The system identifier of the database that the repository is of; empty where it is of
        none yet."""
        return cluster_of(self._info())

    def verify(self) -> tuple[str, ...]:
        """Read all of the repository; return what is wrong with it, a line each.

        pgBackRest ends with 0 whatever it finds, so what it says is read. It says nothing of log
        that is missing in the middle, nor of a file whose copy is whole: both are looked for here.
        """
        said = self._done("verify", ("--output=text", "--verbose"), timeout=self.timeout).stdout
        found = self.backups()
        labels = tuple(one.label for one in found)
        return (
            *parse_verify(said, labels),
            *damaged(self._info()),
            *gaps(found, self._paths()),
            *differing(self._content, labels, self._paths()),
        )

    def expire(self, keep: int) -> tuple[str, ...]:
        """Remove all but this many full backups and what builds on them, and the log that none of
        them needs; return the labels that are gone."""
        before = self.backups()
        options = (f"--repo1-retention-full={keep}", "--repo1-retention-full-type=count")
        self._done("expire", self._locks(), options, timeout=self.timeout)
        after = {one.label for one in self.backups()}
        return tuple(one.label for one in before if one.label not in after)

    def restore(self, label: str, into: Path) -> None:
        """Put a backup into an empty folder, so that a server started there fetches the log from
        this repository. Tablespaces go into a folder beside it, `INTO.tablespaces`.

        No recovery target is set, and archiving is as it was: that is for whoever starts it.
        """
        if label not in {one.label for one in self.backups()}:
            raise BackupError(
                f"{self.repository}: has no backup {label}", hint="`uz backup list` shows them."
            )
        self._done(
            "restore",
            self._locks(),
            (f"--pg1-path={into}", f"--set={label}", "--type=default",
             f"--tablespace-map-all={into}.tablespaces", f"--spool-path={self.scratch}/spool",
             f"--recovery-option=restore_command={self.restore_command()}"),
            timeout=self.timeout,
            disk=into,
        )  # fmt: skip

    def restore_command(self) -> str:
        """What a server runs, in its data, to fetch one file of its log; no secret is in it."""
        words = self._words("", self._locks())[len(self.rights) : -1]
        own = f'{shlex.join(words)} --pg1-path="$(pwd -P)" archive-get %f "%p"'
        return f"{own} || {{ [ $? = 1 ] && exit 1; exit {AWAY}; }}"

    def passing(self, path: str) -> bool:
        """Whether a file of the repository, by its path in it, is not to be sent off-site: because
        it changes, is still being written, or can be made from the others."""
        label = label_in(path)
        if label and not (self.repository / "backup" / STANZA / label / "backup.manifest").exists():
            return True
        return changing(path)

    def index(self) -> tuple[str, ...]:
        """Paths of the files that change with each backup and without which it cannot be restored:
        they go off-site in the catalog."""
        return (f"archive/{STANZA}/archive.info", f"backup/{STANZA}/backup.info")

    def files_of(self, label: str, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these paths, in a repository, that belong to one backup alone."""
        return tuple(path for path in paths if label_in(path) == label and not changing(path))

    def segment_of(self, path: str) -> str:
        """The name of the WAL file (24 hexadecimal digits, or a history file's) that a path in the
        repository holds; empty where it is none."""
        return segment(path)

    def _remove_halves(self) -> None:
        """Remove what is not whole: it may have filled the disk, and the next backup only removes
        it where it has the room to begin."""
        with suppress(BackupError, ProgramError):
            paths = self._paths()
            whole = {path for path in paths if path.endswith("/backup.manifest")}
            labels = {label_in(path) for path in paths} - {label_in(path) for path in whole} - {""}
            for label in labels:
                half = self.repository / "backup" / STANZA / label
                run([*self.rights, "rm", "-rf", "--", half], timeout=QUESTION)

    def _info(self) -> str:
        return self._done("info", ("--output=json",), timeout=QUESTION).stdout

    def _content(self, path: str) -> str | None:
        done = self._run("repo-get", (), timeout=QUESTION, arguments=(path,))
        return done.stdout if done.ok else None

    def _paths(self) -> tuple[str, ...]:
        """All files of the repository. Asked with the engine's rights: nobody else may look."""
        found = run(
            [*self.rights, "find", self.repository, "-type", "f", "-printf", "%P\\n"],
            timeout=QUESTION,
            environment=ENVIRONMENT,
        )
        if not found.ok:
            raise BackupError(f"{self.repository}: cannot be read: {found.tail(1)}")
        return tuple(sorted(found.stdout.splitlines()))

    def _locks(self) -> tuple[str, ...]:
        return (f"--lock-path={self.scratch}/lock",)

    def _server(self, server: Server) -> tuple[str, ...]:
        return (f"--pg1-path={server.data}", f"--pg1-port={server.port}",
                f"--pg1-socket-path={server.socket}", "--pg1-user=postgres")  # fmt: skip

    def _words(self, command: str, *options: Sequence[str]) -> list[str]:
        own = (f"--config={self.configuration}", f"--stanza={STANZA}",
               f"--repo1-path={self.repository}", *QUIET)  # fmt: skip
        words = [word for some in (own, *options) for word in some]
        return [*self.rights, self.program, *words, command]

    def _run(
        self, command: str, *options: Sequence[str], timeout: float, arguments: Sequence[str] = ()
    ) -> Completed:
        words = [*self._words(command, *options), *arguments]
        try:
            return run(words, timeout=timeout, environment=ENVIRONMENT, cwd=Path("/"))
        except ProgramError as error:
            how = str(error).partition(": ")[2]
            raise BackupError(f"pgbackrest {command}: {how}", hint=error.hint) from error

    def _done(
        self, command: str, *options: Sequence[str], timeout: float, disk: Path | None = None
    ) -> Completed:
        done = self._run(command, *options, timeout=timeout)
        if not done.ok:
            raise fail(command, done.code, done.stderr, disk or self.repository)
        return done
