"""What each service reads comes to it by its own policy, and is remembered for the sealed copy."""

from dataclasses import dataclass
from functools import cache

from uz.components.rotating import derived
from uz.managers import ManagedSecrets
from uz.managers.naming import own_prefix
from uz.managers.resolve import resolve
from uz.managers.rights import let_read
from uz.managers.vault import OWN, VaultManager, errors
from uz.secret import Secret, SecretSource
from uz.spec import Spec
from uz.spec.reference import is_reference, parse_reference
from uz.stack import Service, Stack
from uz.targets.local.embedded import Readers
from uz.targets.local.layout import Layout
from uz.targets.local.memory import Reading

ELSEWHERE = frozenset({"database/port"})
"""Names that stand in texts with secrets, and are none."""


@dataclass(frozen=True)
class Recorded:
    """A source that writes into `seen` what it gave."""

    source: SecretSource
    seen: dict[str, Secret]

    def read(self, name: str) -> Secret | None:
        """Return the secret of this name, or None where there is none."""
        found = self.source.read(name)
        if found is not None:
            self.seen[name] = found
        return found

    def write(self, name: str, secret: Secret) -> None:
        """Store the secret, replacing an older one."""
        self.source.write(name, secret)
        self.seen[name] = secret

    def remove(self, name: str) -> None:
        """Forget the secret."""
        self.source.remove(name)
        self.seen.pop(name, None)

    def names(self) -> tuple[str, ...]:
        """List the names, sorted; never the values."""
        return self.source.names()


@dataclass(frozen=True)
class ReaderSecrets:
    """What one reader may read: what Uz made up for it, and what `uz.toml` refers to."""

    own: ManagedSecrets
    short: frozenset[str] = frozenset()
    """References that lead to names, and not to secrets."""

    def read(self, name: str) -> Secret | None:
        """Return the secret of this name or reference."""
        if is_reference(name):
            wanted = [parse_reference(name)]
            return resolve(wanted, lambda _: self.own.manager, names=self.short)[name]
        return self.own.read(name)

    def write(self, name: str, secret: Secret) -> None:
        """Refused by the reader's policy."""
        self.own.write(name, secret)

    def remove(self, name: str) -> None:
        """Refused by the reader's policy."""
        self.own.remove(name)

    def names(self) -> tuple[str, ...]:
        """Refused by the reader's policy."""
        return self.own.names()


def readers(
    layout: Layout, spec: Spec, stack: Stack, operator: ManagedSecrets, seen: dict[str, Secret]
) -> Reading:
    """Give each reader its policy, and return how each logs in. Raises SecretError."""
    manager = operator.manager
    assert isinstance(manager, VaultManager)
    wanted = paths(spec, stack)
    with errors(OWN):
        for reader, its in wanted.items():
            let_read(manager.client, reader, its)
    logins = Readers(layout, spec, manager.client)

    @cache
    def source(reader: str) -> SecretSource:
        return Recorded(ReaderSecrets(logins.source(reader), spec.names), seen)

    def reading(service: Service) -> SecretSource:
        return source(service.folder) if service.folder in wanted else operator

    return reading


def paths(spec: Spec, stack: Stack) -> dict[str, set[str]]:
    """By reader, which is a service's folder, the paths in OpenBao that it reads."""
    found: dict[str, set[str]] = {}
    for service in stack.services:
        for wanted in service.credentials.values():
            for name in [wanted] if isinstance(wanted, str) else wanted.names():
                path = _path(spec, name)
                if path:
                    found.setdefault(service.folder, set()).add(path)
    return found


def _path(spec: Spec, name: str) -> str:
    if is_reference(name):
        reference = parse_reference(name)
        return reference.path if reference.scheme == "vault" else ""
    if name in ELSEWHERE or derived(name) or name.startswith("openbao/"):
        return ""
    return f"{own_prefix(spec)}/{name}"
