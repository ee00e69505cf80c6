"""A drill as an experiment: restore what is off-site, and look at it."""

from uz.backups.drilled import Drilled
from uz.checklist.offsite.configured import elsewhere, first_backup, lacking
from uz.environment import Environment
from uz.verdict import Figure, Verdict, inapplicable, refuted


def restored(env: Environment) -> Verdict:
    """Restore the database from off-site, compare it with what was recorded, and look inside."""
    if env.spec.database is None:
        return lacking(env) or inapplicable("uz.toml has no [database]")
    return _tried(env, whole=False)


def recovered(env: Environment) -> Verdict:
    """Make the whole environment again, secrets, Redis and files included, and use the app."""
    return _tried(env, whole=True)


def _tried(env: Environment, *, whole: bool) -> Verdict:
    missing = lacking(env) or first_backup(env)
    if missing is not None:
        return missing
    return verdict_of(env, env.backups().drill(whole=whole))


def verdict_of(env: Environment, done: Drilled) -> Verdict:
    """What a drill means: one that compared nothing is refuted as well."""
    figures = _figures(done)
    if not done.ok:
        return refuted("; ".join(done.wrong) or "nothing was compared", **figures)
    rpo = "" if done.rpo is None else f", {done.rpo:g} s of changes would be lost"
    app = "the app served on it" if done.whole else "the database was compared"
    what = f"backup {done.backup}" if done.backup else "the newest backup"
    said = (
        f"{what} was restored from off-site and {app} after {done.seconds:.1f} s:"
        f" {len(done.findings)} looks at it, all right{rpo}"
    )
    return elsewhere(env, said, **figures)


def _figures(done: Drilled) -> dict[str, Figure]:
    found: dict[str, Figure] = {f"{name}_s": round(took, 2) for name, took in done.phases.items()}
    found["recovery_s"] = round(done.seconds, 2)
    if done.rpo is not None:
        found["rpo_s"] = done.rpo
    for one in done.findings:
        if one.name == "point":
            found |= {name: value for name, value in one.figures.items() if name != "differences"}
    return found
