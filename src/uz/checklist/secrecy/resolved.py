"""The experiment that compares: what was delivered and what processes have, with the manager."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import psutil

from uz.checklist.secrecy.variables import Running, running, scripted
from uz.components.openbao import NAME as OPENBAO
from uz.environment import Environment
from uz.errors import SecretError
from uz.managers import ManagedSecrets
from uz.secret import Secret
from uz.spec import ManagerKind
from uz.spec.sensitive import why_secret
from uz.stack import Service
from uz.verdict import Figure, Verdict, proven, refuted, unknown

TOLD = 5
"""So many findings are told, the rest is counted."""
CLOCK = 2.0
"""Seconds that the start of a process, as the kernel tells it, may be off."""
OPEN = "the secrets lie in a file that anybody who reads the disk can read"


@dataclass(frozen=True)
class _Wanted:
    """What each credential file has to hold, by folder and file, as the manager says now."""

    files: Mapping[tuple[str, str], Secret]
    sensitive: Mapping[str, Secret]
    known: frozenset[bytes] = field(repr=False)


def resolved(env: Environment) -> Verdict:
    """Compare every credential file, and the variables of every process of the stack."""
    wanted = _wanted(env)
    try:
        processes = list(running(env))
    except PermissionError:
        return unknown("the environment of the stack's processes cannot be read by this user")
    problems = [
        *_in_a_file(env),
        *_delivered(env, wanted),
        *_filled(env, wanted, processes),
        *_literal(env, wanted, processes),
    ]
    figures: dict[str, Figure] = {
        "secrets": len(wanted.sensitive),
        "credential_files": len(wanted.files),
        "manager": _manager(env),
        "environment_readers": environment_readers(env) or "none",
    }
    if problems:
        more = f"; and {len(problems) - TOLD} more" if len(problems) > TOLD else ""
        return refuted("; ".join(problems[:TOLD]) + more, **figures)
    return proven(_told(env, wanted), domains=env.failure_domains(), **figures)


def readers(env: Environment) -> list[Service]:
    """The services that read secrets; what OpenBao itself is opened by, no manager can keep."""
    return [one for one in env.stack.services if one.credentials and one.name != OPENBAO]


def environment_readers(env: Environment) -> str:
    """Who has which secrets in its environment, because `uz.toml` says so."""
    services: dict[tuple[str, ...], list[str]] = {}
    for service in readers(env):
        if service.secret_environment:
            services.setdefault(tuple(sorted(service.secret_environment)), []).append(service.name)
    return "; ".join(
        f"{', '.join(variables)} in the environment of {', '.join(names)}"
        for variables, names in services.items()
    )


def _wanted(env: Environment) -> _Wanted:
    sensitive = env.sensitive()
    files: dict[tuple[str, str], Secret] = {}
    for service in readers(env):
        for file in service.credentials:
            if (service.folder, file) not in files:
                files[service.folder, file] = env.wanted(service.name, file)
    values = [*files.values(), *sensitive.values()]
    return _Wanted(files, sensitive, frozenset(one.reveal() for one in values))


def _in_a_file(env: Environment) -> Iterator[str]:
    interim = env.folder / "secrets.json"
    if env.spec.secrets.manager is ManagerKind.FILE:
        yield OPEN
    elif interim.exists():
        yield f"{interim.name} still holds secrets of before there was a manager (`uz up` moves it)"


def _delivered(env: Environment, wanted: _Wanted) -> Iterator[str]:
    for service in readers(env):
        for file in service.credentials:
            path = f"credentials/{service.folder}/{file}"
            if service != _first(env, service.folder):
                continue
            try:
                delivered = env.credential(service.name, file)
            except SecretError:
                yield f"{path} was not delivered"
                continue
            if delivered != wanted.files[service.folder, file]:
                yield f"{path} is not what the manager gives now (`uz up` delivers that)"


def _first(env: Environment, folder: str) -> Service:
    """The service that speaks for all that share a folder."""
    return next(one for one in readers(env) if one.folder == folder)


def _filled(env: Environment, wanted: _Wanted, processes: list[Running]) -> Iterator[str]:
    """Whether running services have in their variables what the manager gives."""
    services = {one.name: one for one in readers(env)}
    for process in processes:
        service = services.get(process.service)
        if service is None or not process.main:
            continue
        for variable, file in service.secret_environment.items():
            if process.variables is None:
                if _older(env, process, service, file):
                    yield f"{service.name} was started before its {variable} was delivered"
            elif variable not in process.variables:
                yield f"{service.name} runs without {variable}"
            elif _bytes(process.variables[variable]) != wanted.files[service.folder, file].reveal():
                yield f"{service.name} runs with another {variable} than the manager gives now"


def _older(env: Environment, process: Running, service: Service, file: str) -> bool:
    """Whether a process that hides its variables began before the file that fills them."""
    path = env.folder / "credentials" / service.folder / file
    try:
        began = psutil.Process(process.pid).create_time()
    except psutil.NoSuchProcess:
        return False
    return began < path.stat().st_mtime - CLOCK


def _literal(env: Environment, wanted: _Wanted, processes: list[Running]) -> Iterator[str]:
    """Variables that look like secrets, and do not come from the manager."""
    plain = env.spec.app.plain_env
    given = [(one.service, one.variables or {}) for one in processes]
    given += [(one.name, scripted(env, one.name)) for one in env.stack.services]
    seen: set[tuple[str, str]] = set()
    for service, variables in given:
        for name, value in variables.items():
            why = why_secret(name, value)
            if not why or name in plain or (service, name) in seen or _bytes(value) in wanted.known:
                continue
            seen.add((service, name))
            yield (
                f"{name} in the environment of {service} looks like a secret ({why}) and does not"
                " come from the manager"
            )


def _bytes(value: str) -> bytes:
    return os.fsencode(value)


def _manager(env: Environment) -> str:
    source = env.secrets()
    return source.manager.name if isinstance(source, ManagedSecrets) else "a file"


def _told(env: Environment, wanted: _Wanted) -> str:
    said = (
        f"all {len(wanted.files)} credential files of {len(readers(env))} readers hold what"
        f" {_manager(env)} gives now, {len(wanted.sensitive)} secrets"
    )
    variables = environment_readers(env)
    if variables:
        said += f"; {variables}"
    return said if env.spec.secrets.embedded else f"{said}; who reads there, it knows itself"
