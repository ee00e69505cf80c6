"""The experiment that gives a secret a new value, and looks who has it."""

import os
from collections.abc import Iterator

from uz.checklist.secrecy.variables import running
from uz.environment import Environment
from uz.errors import UnhealthyError
from uz.secret import Secret
from uz.spec import Kind
from uz.stack import SecretText, Service
from uz.verdict import Verdict, inapplicable, proven, refuted, unknown
from uz.waiting import met, seconds_until

HEALTHY = 30.0
TAKEN_UP = 10.0
"""Seconds in which the readers have to have the new value, once they were told."""
STAYS = 1.0
"""Seconds in which nobody may put the old value back."""
SERVERS = ("redis/", "database/")
"""Secrets that a server of the stack takes, and has to refuse once they are old."""


def rotates(env: Environment) -> Verdict:
    """Rotate one secret: its readers get the new value, and its server refuses the old one."""
    name = chosen(env)
    if not name:
        return inapplicable("the app reads no secret that Uz makes up")
    if shared(env):
        return unknown("secrets.prefix is the same in a rehearsal: its secrets are not its own")
    before = env.secret(name)
    try:
        done = env.rotate(name)
    except UnhealthyError as error:
        return refuted(f"{name} was rotated, and then: {error}")
    if env.secret(name) == before:
        return refuted(f"{name} has the same value after it was rotated")
    if not met(lambda: not list(_behind(env, name, before)), TAKEN_UP):
        return refuted("; ".join(_behind(env, name, before)) or f"{name} is not stable")
    if met(lambda: bool(list(_behind(env, name, before))), STAYS):
        return refuted(f"the new {name} was delivered, and then the old one was put back")
    if name.startswith(SERVERS) and not done.refused_by:
        return refuted(f"no server was seen to refuse the old {name}")
    took = seconds_until(env.healthy, HEALTHY)
    if took is None:
        return refuted(f"not healthy {HEALTHY:g} s after {name} was rotated")
    refusing = f", and {', '.join(done.refused_by)} refuses the old one" if done.refused_by else ""
    return proven(
        f"{name} was rotated: {', '.join(done.readers)} got the new value{refusing}",
        domains=env.failure_domains(),
        rotated=name,
        readers=len(done.readers),
    )


def chosen(env: Environment) -> str:
    """The secret to rotate: one that a server takes, else one that only the app knows."""
    wanted = [
        *(["redis/app"] if env.spec.redis else []),
        *(["database/app"] if env.spec.database else []),
        *(f"app/{name}" for name in env.spec.app.generated_secrets),
    ]
    return next((name for name in wanted if any(files_with(env, name))), "")


def shared(env: Environment) -> bool:
    """Whether a rehearsal has the secrets of the environment that it was made from."""
    return env.kind is Kind.REHEARSAL and env.spec.secrets.prefix is not None


def files_with(env: Environment, name: str) -> Iterator[tuple[Service, str]]:
    """The services of the app that read a secret, each with the file that holds it."""
    for service in env.stack.services:
        for file, wanted in service.credentials.items():
            held = wanted.names() if isinstance(wanted, SecretText) else (wanted,)
            if name in held and not service.once:
                yield service, file


def _behind(env: Environment, name: str, before: Secret) -> Iterator[str]:
    """Who does not have the new value yet."""
    main = {one.service: one.variables or {} for one in running(env) if one.main}
    for service, file in files_with(env, name):
        wanted = env.wanted(service.name, file)
        delivered = env.credential(service.name, file)
        if delivered != wanted or before.reveal() in delivered.reveal():
            yield f"{service.name} was not given the new {name}"
        for variable, source in service.secret_environment.items():
            value = main.get(service.name, {}).get(variable)
            if source == file and value is not None and os.fsencode(value) != wanted.reveal():
                yield f"{service.name} still runs with the old {variable}"
