"""Credentials of secrets managers in the environment of the stack's processes."""

from collections.abc import Iterator
from contextlib import suppress

import psutil

from uz.environment import Environment
from uz.spec.app import file_of

OPENING = ("VAULT_TOKEN", "BAO_TOKEN", "AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET")
"""Variables that the tools of secrets managers log in by."""


def lasting_variables(env: Environment) -> Iterator[str]:
    """Which process has which of them, but for those that `uz.toml` gives to the app itself.

    Raises psutil.AccessDenied where a process's environment cannot be read: no answer is no pass.
    """
    named = _named(env)
    for status in env.status():
        if status.pid is None:
            continue
        with suppress(psutil.NoSuchProcess):
            for process in _family(status.pid):
                for name in _variables(process):
                    if name not in named:
                        yield f"{name} in the environment of {status.name} (process {process.pid})"


def _named(env: Environment) -> set[str]:
    """Variables that the app gets from the secrets manager, because `uz.toml` says so."""
    app = env.spec.app
    files = {*app.secrets, *app.generated_secrets, *map(file_of, app.references)}
    return {*app.references, *(name for name in OPENING if file_of(name) in files)}


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _variables(process: psutil.Process) -> list[str]:
    try:
        found = process.environ()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []
    return [name for name in OPENING if found.get(name)]
