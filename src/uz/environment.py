"""A running stack, as proofs and operations see it, and the words they use on it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from uz.backups.system import BackupSystem
from uz.errors import UnhealthyError, UzError
from uz.secret import Secret, SecretSource
from uz.shell import Completed
from uz.spec import Kind, Spec
from uz.stack import Owner, Role, Stack
from uz.verdict import Domain
from uz.waiting import met


@dataclass(frozen=True)
class Address:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write it as `host:port`, IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Listening:
    """One socket of this host that waits for others, as the kernel lists it."""

    protocol: str
    address: Address
    pid: int | None
    process: str
    environment: str = ""
    """`app/environment` where the process belongs to one that Uz runs."""
    declared: bool = False
    """Whether that environment declares this port as public."""

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.address.host.startswith("127.") or self.address.host in {
            "::1",
            "::ffff:127.0.0.1",
        }


@dataclass(frozen=True)
class Rotated:
    """What a rotation did. `readers` have the new value; `refused_by` refuse the old one."""

    name: str
    version: str = ""
    readers: tuple[str, ...] = ()
    """Restarted, or reloaded, to have it."""
    refused_by: tuple[str, ...] = ()
    """Servers that the old one was tried at. Empty where no server of Uz's opens with it."""
    seconds: float = 0.0


@dataclass(frozen=True)
class ServiceStatus:
    """How one service is doing. Times in seconds, memory in bytes."""

    name: str
    description: str
    running: bool
    healthy: bool
    detail: str = ""
    address: str = ""
    pid: int | None = None
    uptime: float | None = None
    restarts: int = 0
    memory: int | None = None
    version: str = ""
    replaced_on_disk: bool = False
    release: str = ""
    role: str = ""
    """Of a database server: `primary` or `standby`."""


class Environment(Protocol):
    """Handle on a running stack. Experiments know nothing else of it."""

    @property
    def name(self) -> str:
        """Its name, as given to `--env`."""
        ...

    @property
    def kind(self) -> Kind:
        """Whether it is production, staging or a rehearsal."""
        ...

    @property
    def stands_for(self) -> Kind:
        """What its evidence speaks of: a rehearsal's is for the kind it was made from."""
        ...

    @property
    def spec(self) -> Spec:
        """What it was made from."""
        ...

    @property
    def stack(self) -> Stack:
        """What it is made of."""
        ...

    @property
    def folder(self) -> Path:
        """Where its services run: what commands call `{root}`."""
        ...

    @property
    def project(self) -> Path:
        """The repository that it was made from."""
        ...

    def status(self) -> tuple[ServiceStatus, ...]:
        """How each service is doing, in start order."""
        ...

    def healthy(self) -> bool:
        """Whether every service runs and answers its readiness probe."""
        ...

    def instances(self, role: Role) -> tuple[str, ...]:
        """Names of the services in this role."""
        ...

    def address(self, service: str) -> Address:
        """Where a service listens. Raises KeyError where there is no such service or port."""
        ...

    def start(self, service: str) -> None:
        """Start a service and wait until it is ready. Raises UnhealthyError."""
        ...

    def stop(self, service: str) -> None:
        """Stop a service in its own gentle way, and wait until it is gone."""
        ...

    def kill(self, service: str) -> None:
        """Kill a service's main process with SIGKILL, as a crash would."""
        ...

    def run(self, *argv: str, timeout: float = 60, owner: Owner = Owner.SERVERS) -> Completed:
        """Run a program in the environment's folder, with the servers' rights or the app's."""
        ...

    def logs(self, service: str, lines: int = 20) -> tuple[str, ...]:
        """The last lines a service wrote."""
        ...

    def listeners(self) -> tuple[Listening, ...]:
        """Every listening socket of the host, TCP and UDP, from the kernel."""
        ...

    def outside_addresses(self) -> tuple[str, ...]:
        """The host's addresses that other machines could use; empty where it has none."""
        ...

    def secret(self, name: str) -> Secret:
        """A secret of the environment. Raises SecretError."""
        ...

    def secrets(self) -> SecretSource:
        """Where its secrets are kept, as Uz itself reads and writes them. Raises SecretError."""
        ...

    def sensitive(self) -> Mapping[str, Secret]:
        """Every value that nobody else may know, by name: those that Uz made up, and those that
        `uz.toml` refers to. Certificates are none. Raises SecretError."""
        ...

    def wanted(self, service: str, file: str) -> Secret:
        """What a credential file has to hold, asked of the secrets manager now.

        Raises SecretError.
        """
        ...

    def credential(self, service: str, file: str) -> Secret:
        """What a service reads from one of its credential files. Raises SecretError."""
        ...

    def rotate(self, name: str) -> Rotated:
        """Give a secret that Uz made up a new value, and its readers that, one by one.

        Ends when no server lets in by the old one any more. Raises UzError.
        """
        ...

    def authority(self) -> Path | None:
        """The certificate of Uz's own CA, where the edge's certificate comes from it."""
        ...

    def inputs(self, names: tuple[str, ...]) -> Mapping[str, str]:
        """Digests of what evidence depends on, and versions.

        A name is a service, a role, or a table of `uz.toml` in brackets such as `[network]`.
        """
        ...

    def failure_domains(self) -> tuple[Domain, ...]:
        """What may be lost while this environment still serves."""
        ...

    def lead(self, service: str) -> None:
        """Name the database server that the others and the pooler find as the primary.

        They take notice when they are told to read their files again.
        """
        ...

    def backups(self) -> BackupSystem:
        """Its backups. Raises UzError where it has none."""
        ...

    def amended(self, path: str, change: Callable[[str], str]) -> AbstractContextManager[None]:
        """Change one rendered file and have its service take it up; undone when left.

        `credentials/FOLDER/FILE` is a credential as it was delivered.
        For negative controls: raises UzError outside a rehearsal.
        """
        ...

    def reissued(self, name: str, *, days: int) -> AbstractContextManager[None]:
        """Serve a certificate for another name or time; undone when left. Rehearsals only."""
        ...


def only_in_rehearsals(environment: Environment) -> None:
    """Raise UzError where something would be broken on purpose, and this is no rehearsal."""
    if environment.kind is not Kind.REHEARSAL:
        raise UzError(
            f"{environment.name} is no rehearsal: nothing is broken on purpose here",
            hint="`uz rehearse` makes a disposable environment for that.",
        )


@contextmanager
def stopped(environment: Environment, service: str, within: float = 30) -> Iterator[None]:
    """Take a service away gently; it is back and healthy when the block is left."""
    try:
        environment.stop(service)
        yield
    finally:
        environment.start(service)
        _healthy_again(environment, service, within)


@contextmanager
def killed(environment: Environment, service: str, within: float = 30) -> Iterator[None]:
    """Let a service crash; whoever restarts it, it is healthy when the block is left."""
    try:
        environment.kill(service)
        yield
    finally:
        if not met(lambda: _running(environment, service), within):
            environment.start(service)
        _healthy_again(environment, service, within)


def _running(environment: Environment, service: str) -> bool:
    return any(one.name == service and one.healthy for one in environment.status())


def _healthy_again(environment: Environment, service: str, within: float) -> None:
    if not met(environment.healthy, within):
        raise UnhealthyError(
            f"{environment.name}: not healthy {within:g} s after {service} was given back",
            hint="`uz status` says what is down, `uz up` brings it back.",
        )
