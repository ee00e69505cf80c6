"""restic: files, kept encrypted in a folder. What it writes is never changed under its name.

https://restic.readthedocs.io; all files but the locks are named by what they hold.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from uz.backups.restic_key import unnamed
from uz.backups.restic_output import Snapshot, parse_snapshots, parse_summary, parse_unread
from uz.errors import BackupError, MachineError
from uz.secret import Secret
from uz.shell import Completed, run

HOST = "uz"
"""Which host snapshots are of: the last one of the same is what the next builds on."""
INCOMPLETE = 3
"""Its exit code where it could not read all, and took the rest."""
UNUSED = "25%"
"""Of the repository that may be of no use after pruning: less would have more of it written anew,
and sent off-site again."""


@dataclass(frozen=True)
class Taken:
    """A snapshot. `unread` are the paths that could not be read, and are not in it."""

    id: str
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Restic:
    """One repository, a folder. One call that writes at a time: the caller sees to that.

    `timeout`: seconds that a call may take. restic dies with the process that called it. Every
    method raises BackupError with restic's own words, MachineError where the disk is full or
    closed, ProgramError where restic is missing or takes too long.
    """

    folder: Path
    passphrase: Secret = field(repr=False)
    timeout: float = 6 * 3600
    program: str = "restic"

    def init(self) -> None:
        """Make the repository; nothing happens where there is one.

        Beside its place, until its key tells nothing of this machine: it may be sent at once.
        """
        if (self.folder / "config").exists():
            return
        beside = replace(self, folder=self.folder.with_name(f"{self.folder.name}.making"))
        with _disk(beside.folder):
            if beside.folder.exists():  # of one that was killed
                shutil.rmtree(beside.folder)
            beside._must("init")
            unnamed(beside.folder / "keys")
            beside.folder.rename(self.folder)

    def back_up(
        self, paths: Sequence[Path], tags: Sequence[str] = (), excludes: Sequence[str] = ()
    ) -> Taken:
        """Take a snapshot of paths, which are absolute and there: restic says nothing of those
        that are not."""
        for path in paths:
            if not path.is_absolute() or not os.path.lexists(path):
                raise BackupError(
                    f"{path}: is not there, so it cannot be backed up",
                    hint="Make it, or take it out of backups.files.",
                )
        self._unlock()
        words = [f"--tag={one}" for one in tags] + [f"--exclude={one}" for one in excludes]
        before = self._written()
        done = self._run("backup", "--quiet", f"--host={HOST}", *words, "--", *map(str, paths))
        if done.code not in {0, INCOMPLETE}:
            for path in self._written() - before:  # no snapshot names it, and the disk may be full
                path.unlink(missing_ok=True)
            raise self._failed(done)
        unread = parse_unread(done.stderr)
        if done.code == INCOMPLETE and not unread:
            raise self._failed(done)
        return Taken(self._whole(parse_summary(done.stdout)), unread)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """All snapshots, oldest first."""
        return parse_snapshots(self._must("snapshots", "--no-lock").stdout)

    def restore(self, snapshot: str, into: Path) -> None:
        """Put a snapshot's files below a folder, by their whole paths, with owners and modes."""
        if not snapshot.isalnum():
            raise BackupError(f"{snapshot!r} is no snapshot of restic's")
        self._must("restore", "--no-lock", f"--target={into}", snapshot)

    def check(self, share: str = "") -> tuple[str, ...]:
        """Look for damage and return what is wrong, a line each.

        `share` is how much of the content is read too, such as `10%`; without one only what names
        it.
        """
        subset = [f"--read-data-subset={share}"] if share else []
        done = self._run("check", "--no-lock", *subset)
        if done.ok:
            return ()
        if _other_passphrase(done):
            raise self._failed(done)
        return tuple(one.strip() for one in done.stderr.splitlines() if one.strip()) or (
            f"restic check ended with code {done.code}",
        )

    def expire(self, keep: int) -> tuple[str, ...]:
        """Remove all but the newest snapshots and what only those needed; return their ids.

        What is left may be written anew under other names. Everything has to be off-site already.
        """
        gone = tuple(one.id for one in self.snapshots()[:-keep]) if keep > 0 else ()
        self._unlock()
        if gone:
            self._must("forget", *gone)
        self._must("prune", f"--max-unused={UNUSED}")  # also what a killed run left
        return gone

    def passing(self, path: str) -> bool:
        """Whether a file of the repository is not to be sent off-site: a lock, or half-written."""
        return path.startswith("locks/") or "-tmp-" in path.rpartition("/")[2]

    def _written(self) -> set[Path]:
        """The files that a run adds before it is done: its data, and what says where that is."""
        parts = (self.folder / one for one in ("data", "index"))
        return {path for part in parts for path in part.rglob("*") if path.is_file()}

    def _unlock(self) -> None:
        """Remove the locks of runs that were killed. None lives: restic dies with who called it,
        and who calls is alone. (restic itself takes one that nobody has reaped for alive.)"""
        self._must("unlock", "--remove-all")

    def _whole(self, short: str) -> str:
        """The whole id of a snapshot: older versions print only how it begins."""
        found = [one.name for one in (self.folder / "snapshots").glob(f"{short}*")]
        if len(found) != 1:
            raise BackupError(f"{self.folder}: restic made the snapshot {short}, not to be found")
        return found[0]

    def _must(self, *words: str) -> Completed:
        done = self._run(*words)
        if not done.ok:
            raise self._failed(done)
        return done

    def _run(self, *words: str) -> Completed:
        """The passphrase goes through a pipe: neither its arguments nor a file have it."""
        died = ["setpriv", "--pdeathsig=KILL", "--"]
        return run(
            [*died, self.program, f"--repo={self.folder}", "--no-cache", "--json", *words],
            timeout=self.timeout,
            environment={
                "PATH": os.environ.get("PATH", os.defpath),
                "LC_ALL": "C.UTF-8",
                "RESTIC_PASSWORD_FILE": "/dev/stdin",
            },
            stdin=self.passphrase.reveal().decode(),
        )

    def _failed(self, done: Completed) -> BackupError | MachineError:
        said = done.tail(3)
        if "no space left on device" in said or "disk quota exceeded" in said:
            return MachineError(
                f"{self.folder}: the disk is full, restic says: {said}",
                hint="Free some space and run the command again.",
            )
        if _other_passphrase(done):
            return BackupError(
                f"{self.folder}: the passphrase does not open this repository",
                hint="It is the secret `backups/passphrase`, and in the recovery kit. Is it the kit"
                " of this environment, and the right bucket and prefix in uz.toml?",
            )
        if "unable to open config file" in done.stderr:
            return BackupError(
                f"{self.folder}: no repository of restic's is there",
                hint="`uz backup now` makes one; in a restore, an older backup may have it: --to.",
            )
        return BackupError(
            f"{self.folder}: restic failed ({done.code}): {said or 'without a word'}",
            hint="Another restic at work there? Else `uz backup verify` tells what is damaged.",
        )


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"{error.filename or folder}: {error.strerror}",
            hint="Mend that, or move what is there away; then run the command again.",
        ) from error


def _other_passphrase(done: Completed) -> bool:
    return "wrong password" in done.stderr
