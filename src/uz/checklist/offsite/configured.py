"""Whether an environment has backups at all, and what their evidence is worth."""

from datetime import UTC, datetime, timedelta

from uz.backups.shipment import POINTS
from uz.environment import Environment
from uz.errors import BackupError, UnhealthyError
from uz.spec import Kind
from uz.verdict import Domain, Figure, State, Verdict, declared, proven, refuted
from uz.waiting import met

FIRST = 300.0
"""Seconds in which a new environment's first backup has to be off-site, which the scheduler takes
as soon as all is up."""
ON_ITS_WAY = timedelta(seconds=90)
"""How long what was taken may be on its way off-site, with the restore point behind it."""


def lacking(env: Environment) -> Verdict | None:
    """The verdict where `uz.toml` has no backups, or none that leave the machine."""
    backups = env.spec.backups
    if backups is None:
        return Verdict(State.MISSING, "uz.toml has no [backups]")
    if backups.offsite is None:
        return Verdict(
            State.MISSING, "backups.offsite: not set, so all backups are lost with this machine"
        )
    return None


def first_backup(env: Environment) -> Verdict | None:
    """Wait until a backup, and a restore point behind it, are off-site. The verdict where one was
    taken on this machine, and does not come there; None where all is there.

    Raises UnhealthyError where none is taken.
    """
    system = env.backups()
    stuck: list[str] = []

    def over() -> bool:
        if _there(env):
            return True
        taken = [one.ended for one in system.runs("backup") if one.ok and one.ended]
        if taken and datetime.now(UTC) - taken[-1] > ON_ITS_WAY:
            stuck.append(f"a backup was taken at {taken[-1]:%F %T} UTC, and is not off-site")
        return bool(stuck)

    if not met(over, FIRST):
        raise UnhealthyError(
            f"no backup was taken within {FIRST:g} s",
            hint="`uz jobs` says how the last run went, `uz backup list` what waits.",
        )
    return refuted(stuck[0]) if stuck else None


def _there(env: Environment) -> bool:
    try:
        inventory, _ = env.backups().inventory()
    except BackupError:  # nothing is complete there
        return False
    return env.spec.database is None or any(path.startswith(POINTS) for path in inventory.files)


def elsewhere(env: Environment, said: str, **figures: Figure) -> Verdict:
    """Proven; but a store on the same machine is not enough for production."""
    if env.backups().away:
        return proven(said, domains=(Domain.SITE,), **figures)
    if env.stands_for is Kind.PRODUCTION:
        return declared(f"{said}; but that store is on this machine, and lost with it", **figures)
    return proven(
        f"{said} (the store is on this machine)", domains=env.failure_domains(), **figures
    )
