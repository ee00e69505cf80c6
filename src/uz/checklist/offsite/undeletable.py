"""Whether a thief who has this machine could take the backups away as well."""

from uz.backups.tampering import attempts
from uz.checklist.offsite.configured import elsewhere, lacking
from uz.environment import Environment
from uz.verdict import Verdict, refuted


def undeletable(env: Environment) -> Verdict:
    """Try to remove, replace and unlock an object with the machine's own credential."""
    missing = lacking(env)
    if missing is not None:
        return missing
    tried = attempts(env.backups().store())
    done = [f"{one.name} ({one.said})" for one in tried if not one.refused]
    if done:
        return refuted(f"this machine's credential can harm the backups: {', '.join(done)}")
    return elsewhere(
        env,
        f"{len(tried)} ways to harm an object off-site with this machine's credential all failed:"
        f" {', '.join(one.name for one in tried)}",
        tries=len(tried),
    )
