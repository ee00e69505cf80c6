"""What `--json` prints of backups, restores, drills and jobs: every field and what it means."""

LISTING = {
    "format": "version of this form, now 1",
    "backups": "one entry for each backup of the database, oldest first",
    "backups[].repository": "the repository it is in; another one begins where one cannot go on",
    "backups[].label": "its name, as `uz restore --to` takes it",
    "backups[].kind": "`full`, `differential` or `incremental`",
    "backups[].started": "when it began, ISO 8601 in UTC, as all times here",
    "backups[].ended": "when it ended: the first moment that can be restored from it",
    "backups[].needs": "labels of the backups that it builds on",
    "backups[].size": "bytes of the database",
    "backups[].stored": "bytes that it takes in the repository",
    "backups[].here": "whether it is on this machine",
    "backups[].offsite": "whether it is off-site, named by the newest catalog there",
    "restorable": "one entry for each span of time that can be restored to any second",
    "restorable[].repository": "the repository it is restored from",
    "restorable[].offsite": "whether from off-site, or from this machine",
    "restorable[].begins": "its first moment",
    "restorable[].ends": "its last",
    "restorable[].missing": "the file of the log that is missing after it; empty where none is",
    "overwritten": "objects off-site that somebody wrote over; the first version of each counts",
    "damaged": "what could not be read, a line for each",
    "unprotected": "what the off-site bucket lacks that would protect what is in it",
    "trouble": "why the store could not be looked at; empty when it was",
}

DRILL = {
    "at": "when it began, ISO 8601 in UTC",
    "repository": "the repository that was restored",
    "backup": "label of the backup that it began with",
    "point": "name of the restore point that the rows were compared at",
    "phases": "seconds of each phase, by name, in order",
    "rpo": "seconds of what was written that the newest restored state lacks, or null",
    "findings": "one entry for each thing that was looked at",
    "findings[].name": "what it is about",
    "findings[].held": "whether it was right",
    "findings[].detail": "what was seen, for people; its wording may change",
    "findings[].figures": "what was measured, by name",
    "whole": "whether the app was brought up on what came back",
    "stopped": "why the drill came to no end; empty when it did",
    "ok": "whether something was compared and all of it was right; decides the exit code",
    "seconds": "the recovery time: all phases but those that only look",
}

JOBS = {
    "format": "version of this form, now 1",
    "jobs": "one entry for each job",
    "jobs[].name": "its name, as `uz jobs --run` takes it",
    "jobs[].schedule": "its cron expression, in UTC",
    "jobs[].last": "its last run, or null; the fields are those of `runs[]` below",
    "jobs[].due": "when it is due, ISO 8601 in UTC; null while it waits for other jobs",
    "jobs[].overdue": "whether it should have run and did not",
    "jobs[].failed": "whether its last run did not do what it should",
    "jobs[].waits_for": "jobs that have to succeed for the first time before it runs",
}

RUNS = {
    "format": "version of this form, now 1",
    "runs": "one entry for each run, oldest first",
    "runs[].job": "name of the job",
    "runs[].started": "when, ISO 8601 in UTC",
    "runs[].outcome": "`running`, `done`, `failed`, `timed out` or `interrupted`",
    "runs[].ended": "when, or null",
    "runs[].seconds": "how long it took, right also where the clock jumped",
    "runs[].code": "exit code, or null",
    "runs[].lines": "the last lines that it printed",
    "runs[].group": "its process group while it runs",
    "runs[].by": "who wanted it, where that was a person",
    "runs[].again": "whether it repeats one that was interrupted",
}

RESTORE = {
    "format": "version of this form, now 1",
    "target": "what is restored, for people",
    "from": "where the backups are taken from, for people",
    "repository": "the repository it is restored from",
    "backup": "label of the backup that it begins with",
    "first_wal": "first file of the database's log that is needed",
    "last_wal": "the last",
    "logs": "how many there are",
    "bytes": "how much has to be fetched; 0 from this machine",
    "expected_seconds": "how long it should take",
    "reaches": "the last moment that it brings back, ISO 8601 in UTC",
    "lost_seconds": "how much of what was written it does not",
    "passed_over": "backups that are not used, and why, a line for each",
}

TRIED = {
    "seconds": "seconds of each phase, by name; not with `--plan`",
    "exit_code": "of COMMAND; only when it was restored beside",
    "away": "seconds in which the app was down; this and the next two only with `--in-place`",
    "aside": "the folder with what was there before",
    "notes": "what a person should know, a line for each",
}
