"""`uz restore --in-place`: the database is put back to a moment, and that can be undone.

All is restored and recovered beside first. Until it is whole and stands ready nothing of the
database is touched, and what goes wrong is answered by starting the app again. Then the old data is
moved aside and the new one takes its place (targets/local/backups/swapping.py).
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from uz.backups.backup import BackupKind
from uz.components.database import name as node_name
from uz.components.database import nodes_of
from uz.components.openbao import NAME as OPENBAO
from uz.errors import BackupError, BusyError, UnhealthyError, UzError
from uz.operations.backup import PATIENCE, back_up
from uz.operations.backups_of import wanted_backups
from uz.operations.place import Place, changing, same_project
from uz.operations.restore import Choice
from uz.operations.settle import stopped_by_now
from uz.stack import Owner
from uz.targets.local.backups.archive_now import archive_now
from uz.targets.local.backups.fetching import room_for
from uz.targets.local.backups.holding import backups_held
from uz.targets.local.backups.primary import primary_session
from uz.targets.local.backups.private_settings import controlled
from uz.targets.local.backups.restoring import Progress, Restored, needed, planned, restored
from uz.targets.local.backups.swapping import Before, before, decide, finish
from uz.targets.local.leading import leader
from uz.targets.local.up import Applied, up
from uz.targets.local.users import as_user, isolated, user_of

WHOLE = "Database cluster state:               shut down"


@dataclass(frozen=True)
class PutBack:
    """What a restore in place did. `seconds` by phase; `away`: how long the app was down.

    `aside`: where the data from before is. `notes`: what the user should know.
    """

    applied: Applied
    seconds: dict[str, float]
    away: float
    aside: Path | None
    notes: tuple[str, ...] = ()


def restore_in_place(
    place: Place, choice: Choice, scratch: Path, command: str, progress: Progress
) -> PutBack:
    """Put the database back as planned, and bring all up on it. Raises UzError.

    A safety backup is taken first. Where anything fails before the new data is in its place, the
    app goes on with the old one.
    """
    same_project(place.layout, place.project)
    with changing(place.layout, command):
        if finish(place.layout, place.spec, place.stack):
            progress("database", "an interrupted restore was finished first")
        _fits(choice, scratch)
        notes = _safety(place, command, progress)
        with _backups_ours(place, command, progress):
            begun = time.monotonic()
            with _quiet(place, progress):
                seconds = _recovered(place, choice, scratch, progress)
        applied = _up_again(place, progress)
        away = time.monotonic() - begun
        notes += _backup_after(place, progress)
    aside = before(place.layout)
    return PutBack(applied, seconds, away, aside.folder if aside else None, tuple(notes))


def undo_restore(place: Place, found: Before, command: str, progress: Progress) -> PutBack:
    """Put the data from before the last restore back; that of now goes aside. Raises UzError."""
    same_project(place.layout, place.project)
    with changing(place.layout, command):
        if not found.folder.exists():
            raise BackupError(
                f"{found.folder}: is not there any more, so that the restore cannot be undone",
                hint="`uz restore --to TIME --in-place` can go to any moment that is backed up;"
                " `uz backup list` shows which are.",
            )
        with _backups_ours(place, command, progress):
            begun = time.monotonic()
            with _quiet(place, progress):
                _database_stopped(place, progress)
                _swapped(place, found.folder, progress)
        applied = _up_again(place, progress)
        away = time.monotonic() - begun
        notes = _backup_after(place, progress)
    aside = before(place.layout)
    return PutBack(applied, {}, away, aside.folder if aside else None, tuple(notes))


def _fits(choice: Choice, scratch: Path) -> None:
    """Raise MachineError where there is no room for it: that is to cost no outage."""
    room_for(needed(choice.plan, choice.source), scratch, "the restore")


def _safety(place: Place, command: str, progress: Progress) -> list[str]:
    """Take a backup of what is there; where the database does not run, it is put aside only."""
    if not _runs(place):
        progress("safety", "no backup of what is there: the database does not run")
        return ["no safety backup was taken: the database did not run; its data is put aside"]
    with _backups_ours(place, command, progress):
        pass  # who works on them is waited for, and that is said
    done = back_up(place, None, progress, command, PATIENCE)
    return [f"not in the safety backup: {note}" for note in done.notes]


def _runs(place: Place) -> bool:
    if place.environment.supervisor.pid() is None:
        return False
    try:
        primary_session(place.environment)
    except UnhealthyError:
        return False
    return True


@contextmanager
def _backups_ours(place: Place, command: str, progress: Progress) -> Iterator[None]:
    """Hold the backups before anything is stopped, so that a backup that runs costs no outage.

    Raises BusyError where it does not end in half an hour.
    """
    with ExitStack() as held:
        try:
            held.enter_context(backups_held(place.layout, command))
        except BusyError as busy:
            progress("backups", f"{busy}: waiting for it, {PATIENCE / 60:.0f} min at most")
            held.enter_context(backups_held(place.layout, command, PATIENCE))
        yield


@contextmanager
def _quiet(place: Place, progress: Progress) -> Iterator[None]:
    """Nobody writes; where the block fails, all that ran is brought up again as it was."""
    env = place.environment
    running = {name for name, one in env.supervisor.processes().items() if one.running}
    was_up = bool(running - {OPENBAO})
    try:
        if was_up:
            stopped_by_now(env)
            for service in reversed(place.stack.in_start_order()):
                writes = service.in_release or service.name == "pgbouncer"
                if writes and not service.once:
                    env.stop(service.name)
            progress("app", "stopped: nobody writes")
        yield
    except BaseException as error:
        try:
            if was_up:
                _up(place, progress)
        except UzError as second:
            raise type(second)(f"{error}\nand then: {second}", hint=second.hint) from error
        raise


def _recovered(place: Place, choice: Choice, scratch: Path, progress: Progress) -> dict[str, float]:
    _archived(place, progress)
    # what was archived last is in it now
    chosen = planned(choice.shop, choice.source, choice.plan.target)
    within = wanted_backups(place).timeout.total_seconds()
    with restored(
        choice.shop, choice.source, chosen, scratch / "restored",
        promote=True, durable=True, within=within, progress=progress,
    ) as made:  # fmt: skip
        _fit(made)
        made.server.stop()
        _shut_down(made)
        _database_stopped(place, progress)
        _swapped(place, made.data, progress)
    return made.seconds


def _archived(place: Place, progress: Progress) -> None:
    """Have what was written last in the repository. Raises BackupError where it does not come."""
    if _runs(place):
        archive_now(primary_session(place.environment))
        progress("archive", "all that was written is in the repository")


def _fit(made: Restored) -> None:
    """Raise BackupError where what was restored cannot be the environment's database; take out of
    it what was for the restore alone."""
    if made.server.ask("SELECT 1 FROM pg_database WHERE datname = 'app'") != "1":
        raise BackupError(
            f"backup {made.plan.backup.label} has no database of the app's",
            hint="It was taken before the first `uz up` had made it: choose a later moment.",
        )
    if any((made.data / "pg_tblspc").iterdir()):
        raise BackupError(
            "the database has tablespaces of its own, which cannot be put in place",
            hint="Restore it with --scratch, and copy what you need.",
        )
    made.server.ask("ALTER SYSTEM RESET restore_command")


def _shut_down(made: Restored) -> None:
    """Raise BackupError where the restored server did not write everything down."""
    programs = Path(made.server.machine.programs["postgres"].path).parent
    rights = tuple(as_user(user_of(Owner.SERVERS))) if isolated() else ()
    if WHOLE not in controlled(programs, made.data, rights).splitlines():
        raise BackupError("the restored database did not stop in its own way", hint="Try again.")


def _database_stopped(place: Place, progress: Progress) -> None:
    assert place.spec.database is not None
    supervisor = place.environment.supervisor
    if supervisor.pid() is None:
        return
    first = node_name(leader(place.layout, place.spec))
    known = supervisor.processes()
    for node in sorted(nodes_of(place.spec.database), key=lambda one: one == first):
        if node in known:
            supervisor.stop(node)
    progress("database", "stopped")


def _swapped(place: Place, source: Path, progress: Progress) -> None:
    first = node_name(leader(place.layout, place.spec))
    decide(place.layout, source, first)
    finish(place.layout, place.spec, place.stack)
    progress("database", "what was restored is in its place")


def _up(place: Place, progress: Progress) -> Applied:
    return up(
        place.layout, place.spec, place.stack, place.machine, place.project,
        progress=progress, same_release=True,
    )  # fmt: skip


def _up_again(place: Place, progress: Progress) -> Applied:
    """Bring all up on the new data. Raises UzError, which says that it is in its place."""
    try:
        return _up(place, progress)
    except UzError as error:
        raise type(error)(
            f"{error}\nThe database was put back, and what was there before is kept.",
            hint=f"{error.hint} `uz up` tries again; `uz restore --undo` takes it back.".strip(),
        ) from error


def _backup_after(place: Place, progress: Progress) -> list[str]:
    """Take the first backup of the new repository: until then nothing of it can be restored."""
    try:
        back_up(place, BackupKind.FULL, progress)
    except BusyError:
        return ["a backup of what is there now is being taken"]
    except UzError as error:
        return [f"no backup of what is there now yet (`uz backup now`): {error}"]
    return []
