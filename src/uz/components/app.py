"""The app: its web instances, and its processes without traffic."""

from collections.abc import Mapping

from uz.machine import Machine
from uz.spec import Process, Spec
from uz.spec.values import words
from uz.stack import HttpReady, Listen, Owner, Role, Service, Stack, StaysUp


def app(spec: Spec, machine: Machine) -> Stack:  # noqa: ARG001
    """Run N web instances on ports of their own, and any number of further processes."""
    web = tuple(_web(spec, number) for number in range(1, spec.app.instances + 1))
    workers = tuple(
        _worker(spec, name, process, number)
        for name, process in spec.processes.items()
        for number in range(1, process.instances + 1)
    )
    return Stack(web + workers)


def _environment(spec: Spec) -> dict[str, str]:
    return {
        **spec.app.env,
        "UZ_ENVIRONMENT": spec.environment,
        "HOME": "{root}/data/app",
        "STATE_DIRECTORY": "{root}/data/app",
        "CREDENTIALS_DIRECTORY": "{root}/credentials/app",
    }


def _credentials(spec: Spec) -> Mapping[str, str]:
    return {name: f"app/{name}" for name in spec.app.generated_secrets}


def _web(spec: Spec, number: int) -> Service:
    port = spec.ports.web(number)
    return Service(
        name=f"app-{number}",
        folder="app",
        role=Role.WEB,
        owner=Owner.APP,
        description=f"web instance {number}",
        command=words(spec.app.command, port),
        environment=_environment(spec) | {"PORT": str(port)},
        ready=HttpReady(port, spec.app.health, spec.app.domain),
        listens=(Listen(port),),
        credentials=_credentials(spec),
        start_timeout=spec.app.start_timeout.total_seconds(),
        stop_timeout=spec.app.stop_timeout.total_seconds(),
        in_release=True,
    )


def _worker(spec: Spec, name: str, process: Process, number: int) -> Service:
    return Service(
        name=f"{name}-{number}",
        folder="app",
        role=Role.WORKER,
        owner=Owner.APP,
        description=f"{name} {number}",
        command=words(process.command),
        environment=_environment(spec),
        ready=StaysUp(1.0),
        after=("app-1",),
        credentials=_credentials(spec),
        start_timeout=spec.app.start_timeout.total_seconds(),
        stop_timeout=spec.app.stop_timeout.total_seconds(),
        in_release=True,
    )
