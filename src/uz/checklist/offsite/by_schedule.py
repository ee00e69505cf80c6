"""Whether backups come by themselves, by the schedule that is written down."""

from datetime import UTC, datetime, timedelta

from uz.backups.system import BackupSystem, JobRun
from uz.checklist.offsite.configured import FIRST, elsewhere, first_backup, lacking
from uz.environment import Environment
from uz.verdict import Verdict, refuted
from uz.waiting import met

JOB = "backup"
LATE = timedelta(minutes=30)
"""How much later than it was due a run may still not have begun: it has some jitter."""


def by_schedule(env: Environment) -> Verdict:
    """Look at what the scheduler did last, and whether that is off-site."""
    missing = lacking(env)
    if missing is not None:
        return missing
    assert env.spec.backups is not None
    if not any(one.name == "scheduler" and one.healthy for one in env.status()):
        return refuted("the scheduler does not run: nothing is backed up by itself")
    system = env.backups()
    try:
        expression, due = system.due(JOB)
    except KeyError:
        return refuted("the scheduler knows of no backup")
    if expression != env.spec.backups.schedule:
        return refuted(f'the scheduler has "{expression}", and not what uz.toml says')
    stuck = first_backup(env)
    if stuck is not None:
        return stuck
    now = datetime.now(UTC)
    if due is not None and now - due > LATE:
        return refuted(f"a backup was due at {due:%F %H:%M} UTC, and none has begun")
    return _last(env, system, now)


def _last(env: Environment, system: BackupSystem, now: datetime) -> Verdict:
    ended: list[JobRun] = []

    def one_ended() -> bool:
        ended[:] = [one for one in system.runs(JOB) if not one.asked and one.ended is not None]
        return bool(ended)

    if not met(one_ended, FIRST):
        return refuted("the scheduler has never taken a backup")
    last = ended[-1]
    if not last.ok:
        return refuted(
            f"the scheduler's last backup, of {last.started:%F %H:%M} UTC, {last.outcome}"
        )
    catalogs = [one for one in system.catalogs() if _of(last, one.taken_at)]
    if not catalogs:
        return refuted(f"nothing off-site is of the run of {last.started:%F %H:%M:%S} UTC")
    assert last.ended is not None
    took = (last.ended - last.started).total_seconds()
    return elsewhere(
        env,
        f"the scheduler took a backup at {last.started:%F %H:%M:%S} UTC in {took:.0f} s, and it is"
        f" off-site; {len(ended)} runs are remembered",
        took_s=round(took, 1),
        age_s=round((now - last.ended).total_seconds()),
        runs=len(ended),
    )


def _of(run: JobRun, moment: datetime) -> bool:
    return run.ended is not None and run.started <= moment <= run.ended
