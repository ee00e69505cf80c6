"""What every engine promises, as tests: they run against a real PostgreSQL.

Inherit from `EngineConformance` in a test module and give it a fixture `stand`: a server whose log
is archived into a new repository of this engine.
"""

import hashlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import pytest

from uz.backups.backup import BackupKind
from uz.backups.engine import Engine, Server
from uz.errors import BackupError, BusyError, UzError

Ask = Callable[[str], str]
"""Has a server run SQL; rows by line."""


class Stand(Protocol):
    """A server with a table `rows (n int)`, and a repository that its log is archived to."""

    @property
    def server(self) -> Server:
        """The server that is backed up."""
        ...

    @property
    def other(self) -> Server:
        """Another database, which runs too."""
        ...

    @property
    def repository(self) -> Path:
        """The engine's folder."""
        ...

    def engine(self, *, wrong: bool = False) -> Engine:
        """The engine; `wrong`: with another passphrase."""
        ...

    def ask(self, sql: str) -> str:
        """Have the server run SQL."""
        ...

    def archived(self) -> None:
        """Have all that was written until now archived."""
        ...

    def follower(self) -> AbstractContextManager[Server]:
        """A copy of the server takes its place, as after a failover, and archives."""
        ...

    def folder(self) -> Path:
        """A new empty folder that the server's user may write to."""
        ...

    def copied(self, paths: tuple[str, ...]) -> Engine:
        """An engine for a copy of the repository elsewhere, in which only these files are."""
        ...

    def recovered(self, data: Path) -> AbstractContextManager[Ask]:
        """A server that was started on restored data, has fetched its log, and leads."""
        ...

    def cut_off(self, kind: BackupKind) -> None:
        """Begin a backup, and kill it."""
        ...


def paths(repository: Path) -> tuple[str, ...]:
    """All files of a repository."""
    found = (one for one in repository.rglob("*") if one.is_file() and not one.is_symlink())
    return tuple(sorted(str(one.relative_to(repository)) for one in found))


def sendable(stand: Stand) -> tuple[str, ...]:
    """The files that go off-site by themselves."""
    engine = stand.engine()
    every = paths(stand.repository)
    return tuple(one for one in every if not engine.passing(one) and one not in engine.index())


def digests(stand: Stand) -> dict[str, str]:
    """What is in the files that go off-site."""
    return {
        one: hashlib.sha256((stand.repository / one).read_bytes()).hexdigest()
        for one in sendable(stand)
    }


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


class EngineConformance:
    """The promises; an engine that keeps them all can back up a database."""

    def test_a_repository_is_prepared_any_number_of_times(self, stand: Stand) -> None:
        engine = stand.engine()
        assert engine.backups() == ()
        engine.prepare(stand.server)
        engine.prepare(stand.server)
        assert engine.backups() == ()
        assert engine.verify() == ()

    def test_backups_build_on_one_another_and_the_first_is_full(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        first = engine.back_up(stand.server, BackupKind.INCREMENTAL)
        incremental = engine.back_up(stand.server, BackupKind.INCREMENTAL)
        differential = engine.back_up(stand.server, BackupKind.DIFFERENTIAL)
        assert (first.kind, first.needs) == (BackupKind.FULL, ())
        assert incremental.kind is BackupKind.INCREMENTAL
        assert first.label in incremental.needs
        assert (differential.kind, differential.needs) == (BackupKind.DIFFERENTIAL, (first.label,))
        assert engine.backups() == (first, incremental, differential)
        assert first.started <= first.ended <= incremental.started
        assert 0 < incremental.stored < first.stored < first.size
        assert first.first_wal <= first.last_wal < incremental.first_wal
        assert first.cluster == stand.ask("SELECT system_identifier FROM pg_control_system()")
        assert stand.ask("SHOW server_version").startswith(f"{first.version}.")

    def test_each_file_is_in_one_backup_or_of_the_log_or_stays_here(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        for kind in (BackupKind.FULL, BackupKind.DIFFERENTIAL):
            engine.back_up(stand.server, kind)
        found = sendable(stand)
        labels = [one.label for one in engine.backups()]
        for path in found:
            own = [one for one in labels if engine.files_of(one, (path,))]
            assert len(own) == (0 if engine.segment_of(path) else 1), path
        assert set(engine.index()) <= set(paths(stand.repository))
        segments = [engine.segment_of(path) for path in found if engine.segment_of(path)]
        assert stand.ask("SELECT last_archived_wal FROM pg_stat_archiver")[:24] in segments

    def test_what_goes_off_site_is_written_once(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        engine.back_up(stand.server, BackupKind.FULL)
        before = digests(stand)
        engine.back_up(stand.server, BackupKind.INCREMENTAL)
        stand.archived()
        after = digests(stand)
        assert before.items() <= after.items()
        assert len(after) > len(before)

    @pytest.mark.slow
    def test_a_copy_with_no_more_than_is_needed_gives_all_rows_back(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        engine.back_up(stand.server, BackupKind.FULL)
        needed = engine.back_up(stand.server, BackupKind.FULL)
        stand.ask("INSERT INTO rows SELECT generate_series(1, 1000)")
        chosen = engine.back_up(stand.server, BackupKind.INCREMENTAL)
        engine.back_up(stand.server, BackupKind.FULL)
        stand.ask("INSERT INTO rows SELECT generate_series(1001, 1500)")
        wanted = stand.ask("SELECT count(*), sum(n) FROM rows")
        stand.archived()
        every = sendable(stand)
        own = [
            one for label in (needed.label, chosen.label) for one in engine.files_of(label, every)
        ]
        log = [one for one in every if engine.segment_of(one) >= chosen.first_wal]
        copy = stand.copied((*own, *log, *engine.index()))
        into = stand.folder()
        copy.restore(chosen.label, into)
        with stand.recovered(into) as ask:
            assert ask("SELECT count(*), sum(n) FROM rows") == wanted

    @pytest.mark.slow
    def test_another_server_of_the_same_database_is_backed_up_too(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        first = engine.back_up(stand.server, BackupKind.FULL)
        with stand.follower() as server:
            engine.prepare(server)
            later = engine.back_up(server, BackupKind.INCREMENTAL)
        assert (later.kind, later.needs) == (BackupKind.INCREMENTAL, (first.label,))
        assert later.first_wal[:8] > first.first_wal[:8]
        assert engine.verify() == ()

    @pytest.mark.slow
    def test_expiring_removes_what_no_kept_one_needs(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        kinds = (BackupKind.FULL, BackupKind.DIFFERENTIAL, BackupKind.FULL, BackupKind.INCREMENTAL)
        taken = [engine.back_up(stand.server, kind) for kind in kinds]
        assert engine.expire(2) == ()
        gone = engine.expire(1)
        assert set(gone) == {one.label for one in taken[:2]}
        assert engine.backups() == tuple(taken[2:])
        kept = [engine.segment_of(one) for one in paths(stand.repository)]
        assert min(one for one in kept if one) <= taken[2].first_wal
        assert engine.verify() == ()

    @pytest.mark.slow
    def test_verifying_finds_what_is_damaged(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        taken = engine.back_up(stand.server, BackupKind.FULL)
        for _ in range(3):
            stand.archived()
        assert engine.verify() == ()
        every = sendable(stand)
        log = [one for one in every if engine.segment_of(one) > taken.last_wal]
        for path in (*engine.files_of(taken.label, every), log[0], *engine.index()):
            file = stand.repository / path
            content = file.read_bytes()
            flip(file)
            assert _wrong(engine), path
            file.write_bytes(content)
        assert engine.verify() == ()
        content = (stand.repository / log[1]).read_bytes()
        (stand.repository / log[1]).unlink()
        assert any(engine.segment_of(log[1]) in line for line in engine.verify())

    def test_without_the_passphrase_nothing_is_read_or_added(self, stand: Stand) -> None:
        stand.engine().prepare(stand.server)
        taken = stand.engine().back_up(stand.server, BackupKind.FULL)
        wrong, into = stand.engine(wrong=True), stand.folder()
        for act in (
            wrong.backups,
            lambda: wrong.back_up(stand.server, BackupKind.FULL),
            lambda: wrong.restore(taken.label, into),
            lambda: wrong.prepare(stand.server),
        ):
            with pytest.raises(BackupError, match="passphrase"):
                act()
        assert _wrong(wrong)
        assert stand.engine().backups() == (taken,)

    def test_of_two_backups_at_once_one_is_refused(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        outcomes: list[UzError | None] = []

        def take() -> None:
            try:
                engine.back_up(stand.server, BackupKind.FULL)
                outcomes.append(None)
            except UzError as error:
                outcomes.append(error)

        threads = [threading.Thread(target=take) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one for one in outcomes if one is None] == [None], outcomes
        assert any(isinstance(one, BusyError) for one in outcomes)
        assert len(engine.backups()) == 1

    def test_after_one_that_was_killed_the_next_goes_on(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        first = engine.back_up(stand.server, BackupKind.FULL)
        before = [one for one in sendable(stand) if not engine.segment_of(one)]
        stand.cut_off(BackupKind.FULL)
        assert [one for one in sendable(stand) if not engine.segment_of(one)] == before
        assert engine.backups() == (first,)
        second = engine.back_up(stand.server, BackupKind.FULL)
        assert engine.backups() == (first, second)
        assert engine.verify() == ()

    def test_another_database_is_refused(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        engine.back_up(stand.server, BackupKind.FULL)
        for act in (
            lambda: engine.prepare(stand.other),
            lambda: engine.back_up(stand.other, BackupKind.FULL),
        ):
            with pytest.raises(BackupError, match="another database"):
                act()
        assert len(engine.backups()) == 1

    def test_what_cannot_be_restored_is_refused_and_nothing_is_touched(self, stand: Stand) -> None:
        engine = stand.engine()
        engine.prepare(stand.server)
        taken = engine.back_up(stand.server, BackupKind.FULL)
        into = stand.folder()
        with pytest.raises(BackupError):
            engine.restore("20000101-000000F", into)
        assert list(into.iterdir()) == []
        (into / "mine").write_text("kept")
        with pytest.raises(BackupError):
            engine.restore(taken.label, into)
        assert [one.name for one in into.iterdir()] == ["mine"]


def _wrong(engine: Engine) -> bool:
    """Whether verifying says that something is wrong, by a line or by refusing."""
    try:
        return engine.verify() != ()
    except BackupError:
        return True
