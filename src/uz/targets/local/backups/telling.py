"""How shipping is doing, in a line."""

from uz.targets.local.backups.records import Shipping


def told(state: Shipping) -> str:
    """One line that stays the same while nothing changes: no figure that always does is in it."""
    parts = []
    if state.error:
        first = state.error.splitlines()[0]
        what = f"nothing is sent: {first}" if state.offsite else first
        parts.append(f"{what} ({state.hint})" if state.hint else what)
    elif state.offsite and state.succeeded_at is None:
        parts.append("sending")
    elif state.offsite:
        parts.append(f"all is off-site, at {state.offsite}")
    else:
        parts.append("backups are on this machine only: uz.toml has no backups.offsite")
    parts += told_of_disk(state)
    if state.overwritten:
        parts.append(
            f"{len(state.overwritten)} objects off-site were written over by somebody, such as"
            f" {state.overwritten[0]}; the first versions count, nothing is lost"
        )
    if state.unprotected:
        parts.append(f"the bucket does not protect what is in it: {', '.join(state.unprotected)}")
    return "; ".join(parts)


def told_of_disk(state: Shipping) -> list[str]:
    """What a disk without room has cost, and costs."""
    parts = []
    if state.gap_since:
        parts.append(
            f"the log of the database was dropped from {state.gap_since:%F %T} UTC on, the disk was"
            " full: until the next backup, nothing later can be restored"
        )
    if state.disk_low:
        parts.append("less of the disk is free than backups.reserve: no backup is taken")
    return parts
