"""What a search means: found is refuted, not looked at is unknown."""

from collections.abc import Iterable

from uz.checklist.secrecy.older import WORDS, of_version, why_closed
from uz.checklist.secrecy.searching import Searched
from uz.environment import Environment
from uz.scanning.finding import Finding
from uz.verdict import Figure, Verdict, proven, refuted, unknown

REVOKE = "; have an older version revoked where it comes from"
TOLD = 4
"""So many findings are told, the rest is counted."""


def judged(env: Environment, where: str, done: Searched, problems: Iterable[str] = ()) -> Verdict:
    """Put a search into words. `problems` are what was found by other means."""
    key = where.replace(" ", "_").replace("'", "")
    figures: dict[str, Figure] = {
        f"{key}_things": done.things,
        f"{key}_mb": round(done.size / 1e6, 1),
        "values": done.values,
    }
    if not done.values:
        return unknown("there is no secret to look for")
    found = [*problems, *named(done.findings)]
    if found:
        more = f"; and {len(found) - TOLD} more" if len(found) > TOLD else ""
        older = any(of_version(one.secret) for one in done.findings)
        return refuted("; ".join(found[:TOLD]) + more + (REVOKE if older else ""), **figures)
    if done.gaps:
        return unknown("; ".join(dict.fromkeys(done.gaps[:TOLD])), **figures)
    said = f"none of {done.values} values in the {where} ({done.things} looked at)"
    if done.allowed:
        readers = sorted({f"{one.secret} in {one.spot}" for one in done.allowed})
        figures["named_readers"] = "; ".join(readers)
        said += f", but what uz.toml names: {variables(done.allowed)}"
    for why, words in WORDS.items():
        old = sorted({one.secret for one in done.closed if why_closed(one.secret) == why})
        if old:
            figures[why] = ", ".join(old)
            said += f", but {', '.join(old)}, {words}"
    return proven(said, domains=env.failure_domains(), **figures)


def named(findings: Iterable[Finding]) -> list[str]:
    """Each secret with its place, once."""
    forms: dict[tuple[str, str], set[str]] = {}
    for one in findings:
        forms.setdefault((one.secret, str(one.spot)), set()).add(one.form)
    return sorted(
        f"{secret} in {place}" + ("" if "plain" in found else f" (as {min(found)})")
        for (secret, place), found in forms.items()
    )


def variables(findings: Iterable[Finding]) -> str:
    """The variables, each once."""
    return ", ".join(sorted({one.spot.variable for one in findings}))
