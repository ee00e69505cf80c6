"""Older values: rotated and refused, replaced, or of your own, which only you can have revoked."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from uz.environment import Environment
from uz.managers import VALUE, ManagedSecrets
from uz.managers.resolve import value_at
from uz.scanning.baseline import Accepted
from uz.secret import Secret
from uz.spec import ManagerKind
from uz.spec.reference import Reference, parse_reference
from uz.spec.sensitive import FEWEST

VERSIONED = frozenset({ManagerKind.OPENBAO, ManagerKind.VAULT})
"""Managers whose older versions can be read by their number."""
REFUSED = ("redis/", "database/")
"""Secrets that a server refuses once they were rotated: each rotation tries that."""
REPLACED = "app/"
"""Secrets that only the app knows: of an old one nobody was asked whether it opens anything."""
KEPT = 10
"""Versions that OpenBao and Vault keep by default."""
VERSION = re.compile(r"(.+) \(version \d+\)")
"""What an older value is called, here and in the baseline."""
WORDS = {
    "closed": "rotated since and refused",
    "replaced": "replaced since (nothing of Uz's opens with it)",
    "accepted_versions": "which the baseline accepts",
}
"""Why an older value in history is no finding."""


@dataclass(frozen=True)
class Yours:
    """Older values of what `uz.toml` refers to, as the baseline divides them."""

    open: Mapping[str, Secret]
    accepted: Mapping[str, Secret]
    expired: tuple[Accepted, ...] = ()
    stale: tuple[Accepted, ...] = ()


def outdated(env: Environment) -> Mapping[str, Secret]:
    """What Uz has rotated: older values, which their servers refuse, or which only the app knew."""
    source = _versioned(env)
    if source is None:
        return {}
    names = [name for name in source.names() if name.startswith((*REFUSED, REPLACED))]
    return dict(one for name in names for one in _older(source, name))


def superseded(env: Environment) -> Mapping[str, Secret]:
    """Other versions of what `uz.toml` refers to. Whether they still open something elsewhere,
    nobody here can tell. Raises SecretError."""
    source = _versioned(env)
    references = [parse_reference(text) for text in env.stack.references()] if source else []
    if source is None or not references:
        return {}
    now = {one.reveal() for one in env.sensitive().values()}
    found: dict[str, Secret] = {}
    for reference in references:
        if reference.scheme == "vault":
            for name, secret in _versions(source, reference):
                if secret.reveal() not in now and len(secret.reveal()) >= FEWEST:
                    now.add(secret.reveal())
                    found[name] = secret
    return found


def divided(
    yours: Mapping[str, Secret], baseline: Iterable[Accepted], today: date | None = None
) -> Yours:
    """Part what the baseline accepts, by its name, from what counts."""
    day = today or datetime.now(UTC).date()
    entries = [one for one in baseline if of_version(one.fingerprint)]
    valid = {one.fingerprint for one in entries if day <= one.expires}
    return Yours(
        open={name: secret for name, secret in yours.items() if name not in valid},
        accepted={name: secret for name, secret in yours.items() if name in valid},
        expired=tuple(one for one in entries if one.fingerprint in yours and day > one.expires),
        stale=tuple(one for one in entries if one.fingerprint not in yours),
    )


def of_version(name: str) -> bool:
    """Whether a name is that of an older value."""
    return VERSION.fullmatch(name) is not None


def why_closed(name: str) -> str:
    """The key in WORDS of why an older value is no finding in history."""
    if name.startswith(REFUSED):
        return "closed"
    return "replaced" if name.startswith(REPLACED) else "accepted_versions"


def _versioned(env: Environment) -> ManagedSecrets | None:
    if env.spec.secrets.manager not in VERSIONED:
        return None
    source = env.secrets()
    return source if isinstance(source, ManagedSecrets) else None


def _older(source: ManagedSecrets, name: str) -> Iterator[tuple[str, Secret]]:
    now = source.kept(name)
    newest = int(now.version) if now and now.version.isdigit() else 1
    for version in range(max(1, newest - KEPT + 1), newest):
        kept = source.manager.read(source.path(name), parameters={"version": str(version)})
        if kept and now and VALUE in kept.fields and kept.fields[VALUE] != now.fields.get(VALUE):
            yield f"{name} (version {version})", kept.fields[VALUE]


def _versions(source: ManagedSecrets, reference: Reference) -> Iterator[tuple[str, Secret]]:
    """Every version that is kept, the newest first."""
    now = source.manager.read(reference.path)
    newest = int(now.version) if now and now.version.isdigit() else 0
    for version in range(newest, max(0, newest - KEPT), -1):
        kept = source.manager.read(reference.path, parameters={"version": str(version)})
        secret = value_at(kept.fields, reference.key) if kept else None
        if secret is not None:
            yield f"{reference.text} (version {version})", secret
