"""Item 25: restores are tried, from what is off-site alone, and compared."""

from datetime import timedelta

from uz.checklist.item import Control, Experiment
from uz.checklist.offsite.fit import no_database, no_offsite
from uz.checklist.restoring import alterations, sabotage
from uz.checklist.restoring.drills import recovered, restored
from uz.checklist.restoring.stranger import other_database
from uz.evidence import Effect


class BackupsRestorable:
    """What is off-site brings everything back: the data as it was, and the app on top of it.

    No backup program proves a restore; some find a flipped bit and end with code 0. So Uz restores
    each week, into a private place, from nothing but what would be left without this machine: the
    code, the off-site store, and what is in the recovery kit. The database is taken to a restore
    point, at which all rows were counted and their checksums recorded in one snapshot, and has to
    have exactly those. It goes on to the newest there is, which tells how much would be lost; and a
    second restore to a random moment must have what was written until then, and no more. Indexes
    and tables are looked through by amcheck, foreign keys and your own invariants are asked. Then
    secrets, Redis and files are put back as well, and compared with what was counted when they
    were taken; the release has to find the schema as it expects it, and the app has to answer. All
    of it is removed again. `uz drill` does this by the schedule.
    """

    id = "backups.restorable"
    line = "restores are tried regularly"
    fix = (
        "`uz drill` says what does not come back. Where only damaged backups are there,"
        " `uz backup now --type full` takes a new one."
    )
    needs: tuple[str, ...] = ()
    inputs = ("[backups]", "[database]", "database-1")
    max_age = timedelta(days=8)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The database alone, then all of it with the app."""
        probe = Effect.PROBE
        return (
            Experiment("restored", probe, "the database comes back as it was", restored, True),
            Experiment("recovered", probe, "the app serves on what came back", recovered, True),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """Each a backup that was taken without an error, and is worth nothing."""
        broken = (
            ("base-flipped", "a bit of the base backup", alterations.base_flipped),
            ("log-flipped", "a bit of the log", alterations.log_flipped),
            ("log-missing", "a file of the log is gone", alterations.log_missing),
            ("manifest-cut", "half of the manifest", alterations.manifest_truncated),
            ("only-here", "all on the local disk only", alterations.only_here),
            ("passphrase", "another passphrase", sabotage.wrong_passphrase),
            ("empty", "an empty backup, and no error", sabotage.empty_backup),
            ("stranger", "a backup of another database", other_database),
            ("week-old", "nothing newer than a week", sabotage.week_old),
            ("table-lacking", "one table less", sabotage.table_lacking),
            ("rows-lacking", "fewer rows than the source", sabotage.rows_lacking),
        )
        return (
            *(Control(name, line, "restored", act, no_database) for name, line, act in broken),
            Control(
                "files-flipped", "a bit of files and secrets", "recovered",
                alterations.files_flipped, no_offsite,
            ),
            Control(
                "file-lacking", "one file less", "recovered", sabotage.file_lacking, no_offsite,
            ),
        )  # fmt: skip
