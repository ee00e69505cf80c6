"""The local target's Environment: a handle on the processes of this machine."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from uz import shell
from uz.backups.system import BackupSystem
from uz.components import compose
from uz.components.database import nodes_of
from uz.components.rotating import RECORDS
from uz.environment import (
    Address,
    Environment,
    Listening,
    Rotated,
    ServiceStatus,
    only_in_rehearsals,
)
from uz.errors import SecretError, UzError
from uz.machine import Machine
from uz.secret import Secret, SecretSource
from uz.spec import Backups, Kind, Ports, Secrets, Spec
from uz.spec.backups import EMBEDDED
from uz.stack import Owner, Role, Service, Stack
from uz.targets.local import listeners as kernel
from uz.targets.local.certificates import CERTIFICATE, KEY, PUBLIC, issue
from uz.targets.local.folders import write
from uz.targets.local.keeping import log_in, referred
from uz.targets.local.layout import Layout, known
from uz.targets.local.leading import given, lead
from uz.targets.local.logs import last_lines
from uz.targets.local.memory import deliver_to, filled
from uz.targets.local.probes import not_ready
from uz.targets.local.render import files_of, render
from uz.targets.local.rotation.records import decided, recorded
from uz.targets.local.starting import reload_service, start_service
from uz.targets.local.state import read_state
from uz.targets.local.status import service_status
from uz.targets.local.supervise import Supervisor, tree
from uz.targets.local.users import as_user, isolated, user_of
from uz.verdict import Domain
from uz.waiting import met

CANONICAL = Ports(20000, 80, 443)
"""Digests are taken as if every environment had these ports: so a rehearsal's can agree."""

SESSION = 300.0
"""Seconds in which one login to the secrets manager is used again."""
TAKE_UP = 15.0
"""Seconds that the replaced workers of a reloaded service may take to be gone."""


@dataclass(frozen=True)
class LocalEnvironment:
    """An environment whose services are processes of this machine."""

    layout: Layout
    spec: Spec
    stack: Stack
    machine: Machine
    rehearses: Kind | None = None
    """The kind of the environment that a rehearsal was made from."""
    backup_system: Callable[["LocalEnvironment"], BackupSystem] | None = None
    """Makes the handle on its backups: operations do, which know how they are taken."""
    _session: dict[str, tuple[float, SecretSource]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def name(self) -> str:
        """Its name, as given to `--env`."""
        return self.layout.environment

    @property
    def kind(self) -> Kind:
        """Whether it is production, staging or a rehearsal."""
        return self.spec.kind

    @property
    def stands_for(self) -> Kind:
        """What its evidence speaks of: a rehearsal's is for the kind it was made from."""
        return self.rehearses or self.kind

    @property
    def folder(self) -> Path:
        """The folder of the environment."""
        return self.layout.root

    @property
    def supervisor(self) -> Supervisor:
        """Its process supervisor."""
        return Supervisor(self.layout)

    def status(self) -> tuple[ServiceStatus, ...]:
        """How each service is doing, in start order."""
        processes = self.supervisor.processes()
        return tuple(
            service_status(self.layout, service, processes.get(service.name), self.machine)
            for service in self.stack.in_start_order()
            if not service.once
        )

    def healthy(self) -> bool:
        """Whether every service runs and answers its readiness probe."""
        processes = self.supervisor.processes()
        return all(
            not not_ready(service.ready, processes.get(service.name), self.layout.root)
            for service in self.stack.services
        )

    def instances(self, role: Role) -> tuple[str, ...]:
        """Names of the services in this role."""
        return tuple(service.name for service in self.stack.in_role(role))

    def address(self, service: str) -> Address:
        """Where a service listens: the first of its ports. Raises KeyError."""
        listens = self.stack.service(service).listens
        if not listens:
            raise KeyError(f"{service} listens nowhere")
        return Address("127.0.0.1", listens[0].port)

    def start(self, service: str) -> None:
        """Start a service and wait until it is ready. Raises UnhealthyError."""
        start_service(self.layout, self.supervisor, self.stack.service(service))

    def stop(self, service: str) -> None:
        """Stop a service in its own gentle way, and wait until it is gone."""
        self.supervisor.stop(self.stack.service(service).name)

    def kill(self, service: str) -> None:
        """Kill a service's main process with SIGKILL, as a crash would."""
        self.supervisor.signal(self.stack.service(service).name, "KILL")

    def run(self, *argv: str, timeout: float = 60, owner: Owner = Owner.SERVERS) -> shell.Completed:
        """Run a program in the environment's folder, with the servers' rights or the app's."""
        rights = as_user(user_of(owner)) if isolated() else []
        return shell.run([*rights, *argv], timeout=timeout, cwd=self.layout.root)

    def logs(self, service: str, lines: int = 20) -> tuple[str, ...]:
        """The last lines a service wrote."""
        return last_lines(self.layout, service, lines)

    def listeners(self) -> tuple[Listening, ...]:
        """Every listening socket of the host, TCP and UDP, from the kernel."""
        owners: dict[int, kernel.Owner] = {}
        for layout in known(self.layout.home):
            state, pid = read_state(layout), Supervisor(layout).pid()
            ports = frozenset(state.public_ports if state else ())
            owner = kernel.Owner(f"{layout.app}/{layout.environment}", ports)
            owners |= dict.fromkeys(tree(pid) if pid else (), owner)
        return kernel.listeners(owners)

    def outside_addresses(self) -> tuple[str, ...]:
        """The host's addresses that other machines could use."""
        return kernel.outside_addresses()

    @property
    def project(self) -> Path:
        """The repository that it was made from."""
        state = read_state(self.layout)
        return Path(state.project) if state else Path()

    def secret(self, name: str) -> Secret:
        """A secret of the environment. Raises SecretError."""
        found = self.secrets().read(name)
        if found is None:
            raise SecretError(f"{self.name}: there is no secret {name!r}")
        return found

    def secrets(self) -> SecretSource:
        """Where its secrets are kept, as Uz itself reads and writes them. Raises SecretError."""
        now = time.monotonic()
        if "source" not in self._session or now - self._session["source"][0] > SESSION:
            self._session["source"] = now, log_in(self.layout, self.spec, self.project)
        return self._session["source"][1]

    def referred(self) -> dict[str, Secret]:
        """The secrets that `uz.toml` refers to, by the references. Raises SecretError."""
        return referred(self.stack, self.spec, self.secrets(), self.project)

    def sensitive(self) -> Mapping[str, Secret]:
        """Every value that nobody else may know, by name. Raises SecretError."""
        source = self.secrets()
        names = [one for one in source.names() if one not in PUBLIC and not one.startswith(RECORDS)]
        own = {name: source.read(name) for name in names}
        found = {name: value for name, value in own.items() if value}
        for name, one in recorded(source).items():
            found |= {f"{RECORDS}{name}/old": one.old, f"{RECORDS}{name}/new": one.new}
        return found | self.referred()

    def wanted(self, service: str, file: str) -> Secret:
        """What a credential file has to hold, asked of the secrets manager now."""
        one = self.stack.service(service)
        source = self.secrets()
        decided_now = decided(recorded(source), source)
        known_here = given(self.layout, self.spec) | decided_now
        if isinstance(one.credentials[file], str):  # only then it may be a reference
            known_here |= self.referred()
        return filled(one, one.credentials[file], source, known_here)

    def rotate(self, name: str) -> Rotated:
        """Give a secret that Uz made up a new value, and its readers that. Raises UzError."""
        from uz.targets.local.rotation.rotate import rotate_own  # all of `uz up`, and clients

        return rotate_own(self, name, lambda _name, _what: None)

    def credential(self, service: str, file: str) -> Secret:
        """What a service reads from one of its credential files. Raises SecretError."""
        path = self.layout.credentials / self.stack.service(service).folder / file
        try:
            return Secret(path.read_bytes())
        except OSError as error:
            raise SecretError(f"{path}: not delivered", hint="`uz up` delivers it.") from error

    def authority(self) -> Path | None:
        """The certificate of Uz's own CA, where the edge's certificate comes from it."""
        path = self.layout.data / "authority.pem"
        return path if self.spec.edge.certificate is None and path.is_file() else None

    def inputs(self, names: tuple[str, ...]) -> Mapping[str, str]:
        """Digests of services' files and of tables, under canonical ports, and versions."""
        spec = _canonical(self.spec)
        stack = compose(spec, self.machine)
        files = render(spec, stack, self.machine)
        tables = spec.model_dump(mode="json")
        found = {
            f"uz.toml:{name}": _digest(tables[name.strip("[]")])
            for name in names
            if name.startswith("[")
        }
        if self.spec.edge.certificate and {"edge", "[edge]"} & set(names):
            found["file:edge.certificate"] = _served(self.layout)
        for service in stack.services:
            if not {service.name, service.role.value} & set(names):
                continue
            found[f"config:{service.name}"] = _digest(files_of(files, stack, service.name))
            if program := self.machine.programs.get(service.program):
                found[f"version:{program.name}"] = program.version_text
        return found

    def failure_domains(self) -> tuple[Domain, ...]:
        """One machine: what it survives is the loss of a process."""
        return (Domain.PROCESS,)

    def lead(self, service: str) -> None:
        """Name the database server that the others and the pooler find as the primary."""
        assert self.spec.database is not None
        lead(self.layout, self.spec, nodes_of(self.spec.database).index(service) + 1)

    def backups(self) -> BackupSystem:
        """Its backups. Raises UzError where it has none."""
        if self.spec.backups is None or self.backup_system is None:
            raise UzError(f"{self.name}: uz.toml has no [backups]", hint="Add [backups], `uz up`.")
        return self.backup_system(self)

    def amended(self, path: str, change: Callable[[str], str]) -> AbstractContextManager[None]:
        """Change one rendered file and have its services take it up; undone when left."""
        return _amended(self, path, change)

    def reissued(self, name: str, *, days: int) -> AbstractContextManager[None]:
        """Serve a certificate for another name or time; undone when left."""
        return _reissued(self, name, days)


def _served(layout: Layout) -> str:
    """Digest of the user's own certificate as it was delivered to the edge."""
    path = layout.credentials / "edge" / "certificate.pem"
    return _digest(path.read_text()) if path.is_file() else "not delivered"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _canonical(spec: Spec) -> Spec:
    """The same Spec with the ports, name, kind and off-site store that a rehearsal does not
    share."""
    edge = spec.edge.model_copy(update={"http_port": CANONICAL.http, "https_port": CANONICAL.https})
    network = spec.network.model_copy(update={"port_base": CANONICAL.base})
    own = {"environment": "any", "kind": Kind.PRODUCTION, "edge": edge, "network": network}
    return spec.model_copy(update={**own, "backups": _backups_of_its_own(spec.backups)})


def _take_up(environment: LocalEnvironment, services: tuple[Service, ...]) -> None:
    """Have running services read their files again: by a reload where they can, else a restart."""
    for service in services:
        if service.reload_signal:
            old = reload_service(environment.layout, environment.supervisor, service)
            met(lambda o=old: not any(map(psutil.pid_exists, o)), TAKE_UP)  # type: ignore[misc]
        else:
            environment.stop(service.name)
            environment.start(service.name)


def _reads(environment: LocalEnvironment, service: Service, path: str) -> bool:
    """Whether a service that runs on depends on a file."""
    credentials = {f"credentials/{service.folder}/{name}" for name in service.credentials}
    files = {f"services/{service.name}", *environment.stack.files_of(service), *credentials}
    return path in files and not service.once


@contextmanager
def _amended(
    environment: LocalEnvironment, path: str, change: Callable[[str], str]
) -> Iterator[None]:
    only_in_rehearsals(environment)
    top = environment.layout.root if path.startswith("credentials/") else environment.layout.config
    file = top / path
    before, found = file.read_text(), file.stat()
    after = change(before)
    if after == before:
        raise UzError(
            f"{path}: the change found nothing to change: the control would prove nothing"
        )
    readers = tuple(one for one in environment.stack.services if _reads(environment, one, path))

    def put(text: str) -> None:
        write(file, text, found.st_mode & 0o777, found.st_uid, found.st_gid)
        _take_up(environment, readers)

    try:
        put(after)
        yield
    finally:
        put(before)


@contextmanager
def _reissued(environment: LocalEnvironment, name: str, days: int) -> Iterator[None]:
    only_in_rehearsals(environment)
    layout, source = environment.layout, environment.secrets()
    edge = tuple(environment.stack.in_role(Role.EDGE))
    key, certificate = issue(source, (name,), days=days)

    def serve(given: Mapping[str, Secret]) -> None:
        for service in edge:
            deliver_to(layout, service, source, given)
        _take_up(environment, edge)

    before = {
        secret: Secret((layout.credentials / service.folder / file).read_bytes())
        for service in edge
        for file, secret in service.credentials.items()
        if isinstance(secret, str)
    }
    try:
        serve({KEY: key, CERTIFICATE: certificate})
        yield
    finally:
        serve(before)


def _secrets_of_its_own(secrets: Secrets) -> Secrets:
    """A rehearsal opens an OpenBao of its own by a credential of its own."""
    return secrets.model_copy(update={"bootstrap": None}) if secrets.embedded else secrets


def _backups_of_its_own(backups: Backups | None) -> Backups | None:
    """A rehearsal sends nothing to the store of the environment that it rehearses."""
    if backups is None or backups.offsite is None:
        return backups
    none = dict.fromkeys(("endpoint", "authority", "access_key", "secret_key"))
    return backups.model_copy(update={"offsite": EMBEDDED, **none})


def rehearsal_spec(spec: Spec, base: int) -> Spec:
    """The Spec of a rehearsal: the same but for its name, its kind and its ports."""
    suffix = "rehearsal"
    name = suffix if spec.environment == "production" else f"{spec.environment[:14]}-{suffix}"
    edge = spec.edge.model_copy(update={"http_port": base + 80, "https_port": base + 443})
    network = spec.network.model_copy(update={"port_base": base})
    return spec.model_copy(
        update={
            "environment": name,
            "kind": Kind.REHEARSAL,
            "edge": edge,
            "network": network,
            "secrets": _secrets_of_its_own(spec.secrets),
            "backups": _backups_of_its_own(spec.backups),
        }
    )


def conforms(environment: LocalEnvironment) -> Environment:
    """Let the type checker see that the local environment keeps the protocol."""
    return environment


__all__ = ["LocalEnvironment", "conforms", "rehearsal_spec"]
