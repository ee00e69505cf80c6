"""Whether all that belongs to the newest backup is off-site, and the log behind it."""

from datetime import UTC, datetime

from uz.backups import PASSPHRASE
from uz.backups.tally import unsealed
from uz.backups.wal import first_missing, number_of
from uz.checklist.offsite.configured import elsewhere, first_backup, lacking
from uz.environment import Environment
from uz.verdict import Verdict, refuted


def complete(env: Environment) -> Verdict:
    """Compare what the newest catalog names with what is there, and with what it should have."""
    missing = lacking(env) or first_backup(env)
    if missing is not None:
        return missing
    system = env.backups()
    inventory, log = system.inventory()
    catalog = inventory.catalog
    wrong = [
        f"{path} is missing" if path not in inventory.files else f"{path} has another size"
        for path, size in sorted(catalog.files.items())
        if path not in inventory.files or inventory.files[path].size != size
    ]
    if not catalog.files:
        return refuted("the newest catalog names no file at all")
    if wrong:
        return refuted(f"{wrong[0]}, which the newest backup needs; {len(wrong)} such files")
    if catalog.tally:
        without = unsealed(env.secret(PASSPHRASE), catalog.tally).missing
        if without:
            return refuted(f"the newest backup was taken without something: {without[0]}")
    if catalog.backups and not log.segments:
        return refuted("nothing of the database's log is there")
    if catalog.backups:
        first = number_of(catalog.backups[-1].first_wal)
        gap = first_missing(log.segments, first, max(log.segments))
        if gap is not None:
            return refuted(f"file {gap} of the database's log is missing between others")
    size = sum(catalog.files.values())
    age = (datetime.now(UTC) - catalog.taken_at).total_seconds()
    return elsewhere(
        env,
        f"all {len(catalog.files)} files of the newest backup are off-site, {size / 2**20:.1f} MiB,"
        f" and {len(log.segments)} files of the log without a gap",
        files=len(catalog.files),
        bytes=size,
        log_files=len(log.segments),
        age_s=round(age),
    )
