"""The app: its web instances, and its processes without traffic."""

from dataclasses import replace

from uz.machine import Machine
from uz.spec import Process, Spec
from uz.spec.values import words
from uz.stack import HttpReady, Listen, Owner, Role, SecretText, Service, Stack, StaysUp


def app(spec: Spec, machine: Machine) -> Stack:  # noqa: ARG001
    """Run N web instances on ports of their own, and any number of further processes."""
    web = tuple(_web(spec, number) for number in range(1, spec.app.instances + 1))
    workers = tuple(
        _worker(spec, name, process, number)
        for name, process in spec.processes.items()
        for number in range(1, process.instances + 1)
    )
    return Stack(web + workers)


def _web(spec: Spec, number: int) -> Service:
    port = spec.ports.web(number)
    return replace(
        _process(spec, f"app-{number}", spec.app.command, port),
        role=Role.WEB,
        description=f"web instance {number}",
        ready=HttpReady(port, spec.app.health, spec.app.domain),
        listens=(Listen(port),),
        after=_needs(spec),
    )


def _worker(spec: Spec, name: str, process: Process, number: int) -> Service:
    return replace(
        _process(spec, f"{name}-{number}", process.command),
        description=f"{name} {number}",
        after=("app-1",),
    )


def _process(spec: Spec, name: str, command: str, port: int | None = None) -> Service:
    """What web instances and workers have in common."""
    own = {name: f"app/{name}" for name in spec.app.generated_secrets}
    return Service(
        name=name,
        folder="app",
        role=Role.WORKER,
        owner=Owner.APP,
        description="",
        command=words(command, port),
        environment=_environment(spec) | ({} if port is None else {"PORT": str(port)}),
        ready=StaysUp(1.0),
        credentials={**own, **_connections(spec)},
        passwords=tuple(own.values()),
        secret_environment={"REDIS_URL": "redis-url"} if spec.redis else {},
        start_timeout=spec.app.start_timeout.total_seconds(),
        stop_timeout=spec.app.stop_timeout.total_seconds(),
        in_release=True,
    )


def _environment(spec: Spec) -> dict[str, str]:
    return {
        **spec.app.env,
        "UZ_ENVIRONMENT": spec.environment,
        "HOME": "{root}/data/app",
        "STATE_DIRECTORY": "{root}/data/app",
        "CREDENTIALS_DIRECTORY": "{root}/credentials/app",
    }


def _connections(spec: Spec) -> dict[str, SecretText]:
    """Addresses of the data stores, each with the password that the app has there."""
    if spec.redis is None:
        return {}
    address = f"127.0.0.1:{spec.ports.redis(0)}"
    return {"redis-url": SecretText(f"redis://app:{{{{redis/app}}}}@{address}/0")}


def _needs(spec: Spec) -> tuple[str, ...]:
    return ("redis",) if spec.redis else ()
