"""Services and files that name no platform. Stacks add up, and refuse to overwrite each other."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from types import MappingProxyType

from uz.spec.reference import is_reference


class Owner(StrEnum):
    """Whose rights a service has: the servers' user, the app's, or those of who runs Uz."""

    SERVERS = "servers"
    APP = "app"
    OPERATOR = "operator"


class Role(StrEnum):
    """What a service is to the stack."""

    EDGE = "edge"
    WEB = "web"
    WORKER = "worker"
    SERVER = "server"


@dataclass(frozen=True)
class Listen:
    """A port that a service opens; `public` ones may be reached from other machines."""

    port: int
    public: bool = False
    protocol: str = "tcp"


@dataclass(frozen=True)
class HttpReady:
    """Ready when this path answers 2xx or 3xx over plain HTTP on loopback."""

    port: int
    path: str
    host: str


@dataclass(frozen=True)
class HttpsReady:
    """Ready when this path answers 2xx or 3xx over TLS on loopback, with a certificate of the CA in
    this file of the environment's folder."""

    port: int
    path: str
    authority: str


@dataclass(frozen=True)
class PortReady:
    """Ready when the port accepts a connection on loopback."""

    port: int


@dataclass(frozen=True)
class StaysUp:
    """Ready when the process has lived this long, in seconds."""

    seconds: float


@dataclass(frozen=True)
class TalkReady:
    """Ready when the port answers `say` with something that begins with `expect`."""

    port: int
    say: bytes
    expect: bytes


@dataclass(frozen=True)
class AskReady:
    """Ready when this command, run in the environment's folder with the servers' rights, ends
    with code 0; else what it prints is the reason. Words as in a service's command."""

    command: tuple[str, ...]


@dataclass(frozen=True)
class Finished:
    """For a service that runs once: it has to end with code 0, within its start timeout."""


Ready = HttpReady | HttpsReady | PortReady | TalkReady | StaysUp | AskReady | Finished


@dataclass(frozen=True)
class SecretText:
    """A text with secrets in it: each `{{name}}` is the secret of this name."""

    text: str

    def names(self) -> tuple[str, ...]:
        """The secrets it holds."""
        return tuple(re.findall(r"\{\{([a-z0-9/-]+)\}\}", self.text))


@dataclass(frozen=True)
class Service:
    """One process that must run, and all that is needed to run it anywhere.

    The first word of `command` is a program's name, not a path. In commands and environment
    values `{root}` stands for the folder that the target gives the whole environment; below it a
    service has `config/`, `data/`, `run/`, `logs/` and `credentials/`, each with its `folder`.

    `credentials` are files, each a secret's name, a reference to one elsewhere, or a text with
    secrets in it; `passwords` are the
    secrets that are made up when they do not exist; `secret_environment` names variables that are
    filled from a credential's file, for programs that read nothing else. `take_up` is a command,
    run as that of `AskReady`, by which it takes up changed credentials without a restart; where
    it is empty, or fails, the service is restarted for them. `troubles` maps what its
    log says when only a person can help to what that person should do.
    """

    name: str
    role: Role
    owner: Owner
    command: tuple[str, ...]
    ready: Ready
    description: str
    folder: str = ""
    program: str = ""
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    listens: tuple[Listen, ...] = ()
    after: tuple[str, ...] = ()
    credentials: Mapping[str, str | SecretText] = field(
        default_factory=lambda: MappingProxyType({})
    )
    passwords: tuple[str, ...] = ()
    secret_environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    take_up: tuple[str, ...] = ()
    troubles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    start_timeout: float = 30.0
    stop_timeout: float = 15.0
    stop_signal: str = "TERM"
    reload_signal: str = ""
    in_release: bool = False

    def __post_init__(self) -> None:
        """A service that shares its folder with no other has one of its own name."""
        if not self.folder:
            object.__setattr__(self, "folder", self.name)

    @property
    def once(self) -> bool:
        """Whether it runs to its end, and what needs it starts after that."""
        return isinstance(self.ready, Finished)

    @property
    def privileged_ports(self) -> bool:
        """Whether it opens a port below 1024."""
        return any(listen.port < 1024 for listen in self.listens)


@dataclass(frozen=True)
class Stack:
    """Services, and the files they read, by path below the configuration folder."""

    services: tuple[Service, ...] = ()
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __add__(self, other: "Stack") -> "Stack":
        """Put two stacks together. Raises ValueError where both have a service, file or port."""
        for what, mine, theirs in (
            ("service", _names(self), _names(other)),
            ("file", set(self.files), set(other.files)),
            ("port", _ports(self), _ports(other)),
        ):
            both = sorted(map(str, mine & theirs))
            if both:
                raise ValueError(f"{what} defined twice: {', '.join(both)}")
        return Stack(self.services + other.services, {**self.files, **other.files})

    def service(self, name: str) -> Service:
        """Return the service of this name. Raises KeyError."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)

    def in_role(self, role: Role) -> tuple[Service, ...]:
        """The services of one role, in order."""
        return tuple(service for service in self.services if service.role is role)

    def references(self) -> dict[str, tuple[str, ...]]:
        """References to secrets elsewhere, as they are written, and the services that read each."""
        found: dict[str, tuple[str, ...]] = {}
        for service in self.services:
            for wanted in service.credentials.values():
                if isinstance(wanted, str) and is_reference(wanted):
                    found[wanted] = (*found.get(wanted, ()), service.name)
        return found

    def files_of(self, service: Service) -> dict[str, str]:
        """The files that this service reads: those in its folder."""
        return {
            path: text for path, text in self.files.items() if path.split("/")[0] == service.folder
        }

    def in_start_order(self) -> tuple[Service, ...]:
        """Services after those they need. Raises ValueError for a circle or an unknown name."""
        placed: dict[str, Service] = {}
        waiting = list(self.services)
        while waiting:
            ready = [s for s in waiting if all(name in placed for name in s.after)]
            if not ready:
                raise ValueError(f"cannot be ordered: {', '.join(s.name for s in waiting)}")
            placed |= {service.name: service for service in ready}
            waiting = [service for service in waiting if service.name not in placed]
        return tuple(placed.values())


def _names(stack: Stack) -> set[str]:
    return {service.name for service in stack.services}


def _ports(stack: Stack) -> set[tuple[int, str]]:
    return {(one.port, one.protocol) for service in stack.services for one in service.listens}


def added(stacks: Iterable[Stack]) -> Stack:
    """Add up any number of stacks."""
    return reduce(lambda one, other: one + other, stacks, Stack())
