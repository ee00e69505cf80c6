"""An Environment in memory: for tests of experiments, which then need no server."""

import hashlib
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from uz.backups.system import BackupSystem
from uz.components import compose
from uz.components.rotating import values
from uz.environment import Address, Listening, Rotated, ServiceStatus
from uz.errors import SecretError, UnhealthyError, UzError
from uz.machine import Machine
from uz.secret import Secret, random_password
from uz.shell import Completed
from uz.spec import Kind, Spec
from uz.stack import Owner, Role, SecretText, Service
from uz.testing.secrets import MemorySecrets
from uz.testing.specs import MACHINE, spec
from uz.verdict import Domain

PRIVATE, ANY = "127.0.0.1", "0.0.0.0"


class FakeEnvironment:
    """Runs nothing, and keeps every promise of an Environment.

    A killed service is down for one look and then back, as under a supervisor. Tests set what the
    machine around it shows: `strangers`, `outside`, `certificate`; what programs answer, in
    `answers`; and services that never come up, in `broken`.
    """

    def __init__(self, of: Spec | None = None, machine: Machine = MACHINE) -> None:
        """Be healthy: everything runs. Without a Spec it is a rehearsal of a small app."""
        self.spec = of or spec("trial")
        self.machine = machine
        self.stack = compose(self.spec, machine)
        self.stands_for = self.spec.kind
        self.files = dict(self.stack.files) | {
            f"services/{service.name}": shlex.join(service.command)
            for service in self.stack.services
        }
        self.files |= {
            f"credentials/{service.folder}/{name}": _idle(wanted.text)
            for service in self.stack.services
            for name, wanted in service.credentials.items()
            if isinstance(wanted, SecretText)
        }
        self.source = MemorySecrets(
            {f"app/{n}": b"secret" for n in self.spec.app.generated_secrets}
        )
        self.project = Path("/nonexistent/project")
        self.backup_system: BackupSystem | None = None
        self.issued: tuple[str, int] | None = None
        """Name and days of the certificate that is served instead of the right one."""
        self.certificate: Path | None = None
        self.strangers: tuple[Listening, ...] = ()
        self.outside: tuple[str, ...] = ()
        self.answers: dict[tuple[str, ...], Completed] = {}
        self.broken: set[str] = set()
        self.written: dict[str, list[str]] = {one.name: [] for one in self.stack.services}
        self.running = {service.name: True for service in self.stack.services}
        self.leader = ""
        self.rotated: list[str] = []
        self.restarts = dict.fromkeys(self.running, 0)
        self._coming_back: set[str] = set()

    @property
    def name(self) -> str:
        """Its name, as given to `--env`."""
        return self.spec.environment

    @property
    def kind(self) -> Kind:
        """Whether it is production, staging or a rehearsal."""
        return self.spec.kind

    @property
    def folder(self) -> Path:
        """A folder that does not exist."""
        return Path("/nonexistent") / self.name

    def status(self) -> tuple[ServiceStatus, ...]:
        """How each service is doing, in start order."""
        stays = (one for one in self.stack.in_start_order() if not one.once)
        seen = tuple(self._status(service) for service in stays)
        for name in self._coming_back:
            self.running[name] = True
            self.restarts[name] += 1
        self._coming_back.clear()
        return seen

    def _status(self, service: Service) -> ServiceStatus:
        up = self.running[service.name]
        return ServiceStatus(
            name=service.name,
            description=service.description,
            running=up,
            healthy=up and service.name not in self.broken,
            detail="" if up else "does not run",
            restarts=self.restarts[service.name],
        )

    def healthy(self) -> bool:
        """Whether every service runs and is not broken."""
        return all(one.healthy for one in self.status())

    def instances(self, role: Role) -> tuple[str, ...]:
        """Names of the services in this role."""
        return tuple(service.name for service in self.stack.in_role(role))

    def address(self, service: str) -> Address:
        """Where a service listens: the first of its ports. Raises KeyError."""
        listens = self.stack.service(service).listens
        if not listens:
            raise KeyError(f"{service} listens nowhere")
        return Address(PRIVATE, listens[0].port)

    def start(self, service: str) -> None:
        """Start a service. Raises UnhealthyError where it is broken."""
        name = self.stack.service(service).name
        if name in self.broken:
            raise UnhealthyError(f"{name} is not ready")
        self._coming_back.discard(name)
        self.running[name] = True

    def stop(self, service: str) -> None:
        """Stop a service: nobody restarts it."""
        name = self.stack.service(service).name
        self._coming_back.discard(name)
        self.running[name] = False

    def kill(self, service: str) -> None:
        """Kill a service; after the next look it is back."""
        name = self.stack.service(service).name
        if self.running[name]:
            self.running[name] = False
            self._coming_back.add(name)

    def run(
        self,
        *argv: str,
        timeout: float = 60,  # noqa: ARG002
        owner: Owner = Owner.SERVERS,  # noqa: ARG002
    ) -> Completed:
        """Give the answer that a test has set, else that all went well."""
        return self.answers.get(argv, Completed(argv, 0, "", ""))

    def logs(self, service: str, lines: int = 20) -> tuple[str, ...]:
        """The last lines of what a test has written."""
        return tuple(self.written[service][-lines:]) if lines else ()

    def listeners(self) -> tuple[Listening, ...]:
        """Every port of the services that run, and the strangers."""
        own = [
            Listening(
                protocol=one.protocol,
                address=Address(ANY if one.public else PRIVATE, one.port),
                pid=None,
                process=service.name,
                environment=f"{self.spec.app.name}/{self.name}",
                declared=one.public,
            )
            for service in self.stack.services
            if self.running[service.name]
            for one in service.listens
        ]
        return (*own, *self.strangers)

    def outside_addresses(self) -> tuple[str, ...]:
        """The host's addresses that other machines could use."""
        return self.outside

    def secret(self, name: str) -> Secret:
        """A secret of the environment. Raises SecretError."""
        found = self.source.read(name)
        if found is None:
            raise SecretError(f"{self.name}: there is no secret {name!r}")
        return found

    def secrets(self) -> MemorySecrets:
        """A source in memory: `source`."""
        return self.source

    def sensitive(self) -> Mapping[str, Secret]:
        """All of `source`."""
        return dict(self.source.values)

    def wanted(self, service: str, file: str) -> Secret:
        """What the stack says, with the secrets of `source`. Raises SecretError."""
        wanted = self.stack.service(service).credentials[file]
        if isinstance(wanted, str):
            return self.secret(wanted)
        text, idle = wanted.text.encode(), values({})
        for name in wanted.names():
            secret = idle.get(name) or self.secret(name)
            text = text.replace(b"{{" + name.encode() + b"}}", secret.reveal())
        return Secret(text)

    def rotate(self, name: str) -> Rotated:
        """Replace the value in `source`, and remember the name in `rotated`. Raises SecretError."""
        self.secret(name)
        self.source.write(name, Secret(random_password()))
        self.rotated.append(name)
        return Rotated(name, str(len(self.rotated) + 1))

    def credential(self, service: str, file: str) -> Secret:
        """What `files` has for it. Raises SecretError."""
        path = f"credentials/{self.stack.service(service).folder}/{file}"
        if path not in self.files:
            raise SecretError(f"{path}: not delivered")
        return Secret(self.files[path].encode())

    def authority(self) -> Path | None:
        """The CA's certificate that a test has set."""
        return self.certificate

    def inputs(self, names: tuple[str, ...]) -> Mapping[str, str]:
        """Digests of services, by role or name, and of tables such as `[network]`; and versions."""
        tables = self.spec.model_dump(mode="json")
        found = {
            f"uz.toml:{name}": _digest(tables[name.strip("[]")])
            for name in names
            if name.startswith("[")
        }
        for service in self.stack.services:
            if {service.name, service.role.value} & set(names):
                made_of = [self.stack.files_of(service), str(service)]
                found[f"config:{service.name}"] = _digest(made_of)
                if program := self.machine.programs.get(service.program):
                    found[f"version:{program.name}"] = program.version_text
        return found

    def failure_domains(self) -> tuple[Domain, ...]:
        """What may be lost: a process."""
        return (Domain.PROCESS,)

    def lead(self, service: str) -> None:
        """Remember it in `leader`."""
        self.leader = self.stack.service(service).name

    def backups(self) -> BackupSystem:
        """What a test put there. Raises UzError where it put nothing."""
        if self.backup_system is None:
            raise UzError(f"{self.name}: uz.toml has no [backups]")
        return self.backup_system

    @contextmanager
    def amended(self, path: str, change: Callable[[str], str]) -> Iterator[None]:
        """Change one of `files`; undone when left. Rehearsals only."""
        self._only_in_rehearsals()
        before = self.files[path]
        after = change(before)
        if after == before:
            raise UzError(f"{path}: the change found nothing to change")
        self.files[path] = after
        try:
            yield
        finally:
            self.files[path] = before

    @contextmanager
    def reissued(self, name: str, *, days: int) -> Iterator[None]:
        """Note another certificate in `issued`; undone when left. Rehearsals only."""
        self._only_in_rehearsals()
        before, self.issued = self.issued, (name, days)
        try:
            yield
        finally:
            self.issued = before

    def _only_in_rehearsals(self) -> None:
        if self.kind is not Kind.REHEARSAL:
            raise UzError(f"{self.name} is no rehearsal: nothing is broken on purpose here")


def _idle(text: str) -> str:
    """A text with what its derived names stand for while nothing is rotated."""
    for name, secret in values({}).items():
        text = text.replace(f"{{{{{name}}}}}", secret.reveal().decode())
    return text


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
