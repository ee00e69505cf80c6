"""The experiment that looks for what opens the secrets for long: the named credential, no more."""

import psutil

from uz.checklist.fetching.credentials import lasting
from uz.checklist.fetching.files import bootstrap_of, lasting_files
from uz.checklist.fetching.processes import lasting_variables
from uz.checklist.fetching.reach import opened
from uz.environment import Environment
from uz.spec import ManagerKind
from uz.verdict import Figure, Verdict, declared, proven, refuted, unknown

TOLD = 5
"""So many findings are told, the rest is counted."""


def no_long_lived(env: Environment) -> Verdict:
    """Look in files, in processes, and in OpenBao itself.

    Files come first: where the bootstrap credential lies open, Uz does not use it to log in.
    """
    if env.spec.secrets.manager is ManagerKind.FILE:
        return refuted("the secrets themselves lie in a file, which opens them for ever")
    try:
        found = [*lasting_files(env), *lasting_variables(env)]
    except psutil.AccessDenied:
        return unknown("the environment of the stack's processes cannot be read by this user")
    if found:
        return _found(found)
    if not env.spec.secrets.embedded:
        return declared(
            "files and processes hold no credential with a long life but the bootstrap one; what"
            " your secrets manager has given out, Uz may not list"
        )
    client, _ = opened(env)
    found = list(lasting(client))
    if found:
        return _found(found)
    return proven(
        f"nothing opens the secrets for longer than an hour but {bootstrap_of(env).name},"
        " which only its owner can read"
    )


def _found(found: list[str]) -> Verdict:
    more = f"; and {len(found) - TOLD} more" if len(found) > TOLD else ""
    figures: dict[str, Figure] = {"long_lived": len(found)}
    return refuted("; ".join(found[:TOLD]) + more, **figures)
