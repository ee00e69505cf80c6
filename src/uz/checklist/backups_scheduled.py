"""Item 24: backups come by themselves, leave the machine, and are safe there."""

from dataclasses import replace
from datetime import timedelta

from uz.checklist.item import Control, Experiment
from uz.checklist.offsite import sabotage
from uz.checklist.offsite.by_schedule import by_schedule
from uz.checklist.offsite.complete import complete
from uz.checklist.offsite.encrypted import encrypted
from uz.checklist.offsite.expiring import expiring
from uz.checklist.offsite.fit import no_offsite
from uz.checklist.offsite.undeletable import undeletable
from uz.evidence import Effect


class BackupsScheduled:
    """Backups are taken by a schedule, are whole off-site, can be read by nobody else, cannot be
    deleted with what this machine knows, and go when they are old enough.

    The mails said "done", and the last backup was two months old: so Uz looks off-site, and not at
    what the backup program said. A run has to have been started by the scheduler, and its files
    have to be there, each with its size, with the log behind it and no gap. Known content is
    written into the database, and the raw bytes off-site are searched for it; what is merely
    compressed is told from what is encrypted. With the credential that this machine has, Uz tries
    to delete an object, its versions, its lock, and to write over it. And half a year of made-up
    backups is put there, to see the retention leave what it promises and all that this needs.
    """

    id = "backups.scheduled"
    line = "database, files and secrets are backed up on a schedule, off-site"
    fix = (
        "Write [backups] with offsite into uz.toml, and `uz up`. The bucket needs versions and"
        " object lock, and for this machine a credential that only adds: `uz backup policy`."
    )
    needs: tuple[str, ...] = ()
    inputs = ("[backups]",)
    max_age = timedelta(days=2)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """What is seen of them off-site, and tried there."""
        observe, probe = Effect.OBSERVE, Effect.PROBE
        here = (
            Experiment("by-schedule", observe, "the scheduler takes them", by_schedule),
            Experiment("complete", observe, "all of the newest is off-site", complete),
            Experiment("encrypted", probe, "nothing known is found in the raw bytes", encrypted),
            Experiment("undeletable", probe, "this machine can add, and not delete", undeletable),
        )
        return (
            *(replace(one, here_only=True) for one in here),
            Experiment("expiring", Effect.DISRUPT, "old ones go, needed ones stay", expiring),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """Each a backup that only looks safe."""
        broken = (
            Control("stopped", "no scheduler", "by-schedule", sabotage.scheduler_stopped),
            Control("other-schedule", "once a year", "by-schedule", sabotage.other_schedule),
            Control("object-missing", "a file is gone", "complete", sabotage.object_missing),
            Control("in-plain", "the log as it is", "encrypted", sabotage.in_plain),
            Control("compressed", "packed, not encrypted", "encrypted", sabotage.only_compressed),
            Control("may-delete", "the machine may delete", "undeletable", sabotage.may_delete),
            Control("hoards", "nobody may remove", "expiring", sabotage.may_not_expire),
        )
        return tuple(replace(one, unfit=no_offsite) for one in broken)
