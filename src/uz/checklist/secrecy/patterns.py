"""The experiment that looks for what looks like a secret, whoever knows it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from uz.checklist.secrecy.known import known
from uz.checklist.secrecy.rights import as_owner
from uz.environment import Environment
from uz.scanning.baseline import FILE, Accepted, Judged, judge, load_baseline
from uz.scanning.engine import Searcher
from uz.scanning.git import own
from uz.scanning.patterns import Leak, hidden, leaks_in_folder, leaks_in_history
from uz.targets.local.tools import gitleaks_program
from uz.verdict import Figure, Verdict, proven, refuted, unknown

TOLD = 4


def patterns(env: Environment) -> Verdict:
    """Have gitleaks read the work tree and the history; what is accepted has a reason and a day."""
    project = env.project
    if not project.is_absolute() or not project.is_dir():
        return unknown(f"{project}: the project is not there")
    accepted = load_baseline(project / FILE)
    program = gitleaks_program()
    found = judged(project, program, accepted)
    figures: dict[str, Figure] = {"accepted": len(found.accepted), "new": len(found.new)}
    if found.new:
        return refuted(_told(env, found), **figures)
    gaps = hidden(project)
    if gaps:
        return unknown("; ".join(map(str, gaps)), **figures)
    where = "in the work tree and its history" if own(project) else "in the work tree"
    more = f", but {len(found.accepted)} that were accepted" if found.accepted else ""
    return proven(
        f"{program.name} sees nothing that looks like a secret {where}{more}",
        domains=env.failure_domains(),
        **figures,
    )


def judged(
    project: Path, program: Path, accepted: Iterable[Accepted], *, history: bool = True
) -> Judged:
    """What looks like a secret in a project, and in its history where there is one."""
    leaks = leaks_in_folder(program, project)
    repository = own(project) if history else None
    if repository:
        leaks += leaks_in_history(program, project, as_owner(repository))
    return judge(leaks, accepted, datetime.now(UTC).date())


def _told(env: Environment, found: Judged) -> str:
    """The places; a file may be named like a value."""
    masked = Searcher(known(env)).masked
    new = sorted({masked(f"{_what(leak)} in {leak}") for leak in found.new})
    more = f"; and {len(new) - TOLD} more" if len(new) > TOLD else ""
    return "; ".join(new[:TOLD]) + more


def _what(leak: Leak) -> str:
    return f"what looks like a secret ({leak.rule})"
