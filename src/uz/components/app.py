"""The app: its web instances, and its processes without traffic."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from uz.components.pgbouncer import prepares
from uz.machine import Machine
from uz.spec import Database, Process, Spec
from uz.spec.app import file_of
from uz.spec.reference import is_reference
from uz.spec.values import words
from uz.stack import HttpReady, Listen, Owner, Role, SecretText, Service, Stack, StaysUp


def app(spec: Spec, machine: Machine) -> Stack:
    """Run N web instances on ports of their own, and any number of further processes."""
    web = tuple(_web(spec, machine, number) for number in range(1, spec.app.instances + 1))
    workers = tuple(
        _worker(spec, machine, name, wanted, number)
        for name, wanted in spec.processes.items()
        for number in range(1, wanted.instances + 1)
    )
    return Stack(web + workers)


def _web(spec: Spec, machine: Machine, number: int) -> Service:
    port = spec.ports.web(number)
    return replace(
        process(spec, machine, f"app-{number}", spec.app.command, port),
        role=Role.WEB,
        description=f"web instance {number}",
        ready=HttpReady(port, spec.app.health, spec.app.domain),
        listens=(Listen(port),),
        after=_needs(spec),
    )


def _worker(spec: Spec, machine: Machine, name: str, wanted: Process, number: int) -> Service:
    return replace(
        process(spec, machine, f"{name}-{number}", wanted.command),
        description=f"{name} {number}",
        after=("app-1",),
    )


def process(
    spec: Spec, machine: Machine, name: str, command: str, port: int | None = None
) -> Service:
    """What all processes of the app have in common."""
    own = {name: f"app/{name}" for name in spec.app.generated_secrets}
    referred = {file_of(name): reference for name, reference in spec.app.references.items()}
    given = {**own, **spec.app.secrets, **referred}
    credentials: dict[str, str | SecretText] = {**given, **_connections(spec)}
    return Service(
        name=name,
        folder="app",
        role=Role.WORKER,
        owner=Owner.APP,
        description="",
        command=words(command, port),
        environment=_environment(spec, machine) | ({} if port is None else {"PORT": str(port)}),
        ready=StaysUp(1.0),
        credentials=credentials,
        passwords=tuple(own.values()),
        secret_environment=_variables(spec, credentials),
        start_timeout=spec.app.start_timeout.total_seconds(),
        stop_timeout=spec.app.stop_timeout.total_seconds(),
        in_release=True,
    )


def _variables(spec: Spec, files: Iterable[str]) -> dict[str, str]:
    """The variables that are filled from files: those that the Spec names, and no other."""
    named = {*spec.app.environment_secrets, *spec.app.references}
    return {variable: file_of(variable) for variable in sorted(named) if file_of(variable) in files}


def _environment(spec: Spec, machine: Machine) -> dict[str, str]:
    return {
        **{name: value for name, value in spec.app.env.items() if not is_reference(value)},
        "UZ_ENVIRONMENT": spec.environment,
        "HOME": "{root}/data/app",
        "STATE_DIRECTORY": "{root}/data/app",
        "CREDENTIALS_DIRECTORY": "{root}/credentials/app",
        "REQUEST_TIMEOUT": _seconds(spec.app.request_timeout),
        **(_database(spec.database, machine) if spec.database else {}),
    }


def _database(database: Database, machine: Machine) -> dict[str, str]:
    """What a driver has to be told; times in seconds."""
    return {
        "DATABASE_CONNECT_TIMEOUT": _seconds(database.connect_timeout),
        "DATABASE_POOL_SIZE": str(database.process_pool),
        "DATABASE_POOL_TIMEOUT": _seconds(database.pool_timeout),
        "DATABASE_STATEMENT_TIMEOUT": _seconds(database.statement_timeout),
        "DATABASE_PREPARED_STATEMENTS": "on" if prepares(machine) else "off",
    }


def _seconds(value: timedelta) -> str:
    return f"{value.total_seconds():g}"


def _connections(spec: Spec) -> dict[str, SecretText]:
    """Addresses of the data stores, each with the password that the app has there."""
    found = {}
    if spec.redis:
        address = f"127.0.0.1:{spec.ports.redis(0)}"
        found["redis-url"] = SecretText(f"redis://app:{{{{redis/app}}}}@{address}/0")
    if spec.database:
        address = f"127.0.0.1:{spec.ports.pooler}"
        found["database-url"] = SecretText(
            f"postgresql://{{{{database/app-user}}}}:{{{{database/app}}}}@{address}/app"
        )
    return found


def _needs(spec: Spec) -> tuple[str, ...]:
    """What has to serve, and what has to be done, before the app starts."""
    return (
        *(["redis"] if spec.redis else []),
        *(["pgbouncer"] if spec.database else []),
        *(["migrate"] if spec.database and spec.database.migrate else []),
    )
