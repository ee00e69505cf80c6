"""The variables of running processes, and those that a service's start script gives."""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from uz.checklist.syncs import tree
from uz.environment import Environment

GIVEN = re.compile(r"^    ([A-Za-z_]\w*)=(.*) \\$", re.MULTILINE)
"""A variable in a start script, a line each."""


@dataclass(frozen=True)
class Running:
    """A process of a service. `variables` is None where it wrote over them, as for its title."""

    service: str
    pid: int
    main: bool
    variables: Mapping[str, str] | None


def running(env: Environment) -> Iterator[Running]:
    """Every process of every service, the services' own first processes marked.

    Raises PermissionError where one may not be looked at: no answer is no pass.
    """
    for status in env.status():
        for pid in tree(status.pid) if status.pid else ():
            with suppress(FileNotFoundError, ProcessLookupError):
                found = Path(f"/proc/{pid}/environ").read_bytes()
                if found:  # a process that has ended has none
                    yield Running(status.name, pid, pid == status.pid, _variables(found))


def _variables(environ: bytes) -> Mapping[str, str] | None:
    parts = (os.fsdecode(one).partition("=") for one in environ.split(b"\0"))
    found = {name: value for name, equals, value in parts if equals}
    return found if "PATH" in found else None  # every service is given one


def scripted(env: Environment, service: str) -> Mapping[str, str]:
    """The variables that a service's start script spells out; none where there is no script."""
    script = env.folder / "config" / "services" / service
    if not script.is_file():
        return {}
    found = {}
    for name, value in GIVEN.findall(script.read_text()):
        with suppress(ValueError):  # what no shell would read either
            found[name] = "".join(shlex.split(value))
    return found
