"""One run of `up`: what each step needs of the ones before, and what it leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from uz.errors import UzError
from uz.machine import Machine
from uz.spec import Spec
from uz.stack import Service, Stack
from uz.targets.local.config import digest, restart_digest
from uz.targets.local.folders import write
from uz.targets.local.layout import Layout
from uz.targets.local.starting import Starting
from uz.targets.local.state import State, write_state
from uz.targets.local.users import isolated

Progress = Callable[[str, str], None]
"""Told what happens: a service or step, and what became of it."""


@dataclass(frozen=True)
class Origin:
    """The environment that a rehearsal takes its release and the user's secrets from.

    `secrets`: whether those; a drill has them from the backup.
    """

    layout: Layout
    spec: Spec
    secrets: bool = True


@dataclass
class Run:
    """One run of `up`, with what each step needs of the ones before."""

    layout: Layout
    spec: Spec
    stack: Stack
    machine: Machine
    project: Path
    progress: Progress
    state: State
    files: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)
    happened: dict[str, list[str]] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    retiring: dict[str, set[int]] = field(default_factory=dict)
    begun: dict[str, tuple[Starting, Path | None]] = field(default_factory=dict)
    failed: list[UzError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rotating: tuple[str, ...] = ()
    """Passwords whose rotation is not over."""
    drained: str = ""
    """The web instance that the edge sends nobody to."""
    before_draining: str = ""
    """What the edge was applied with, while it leaves an instance out."""


def wanted_digest(run: Run, service: Service, number: str) -> str:
    """Four digests in one: what a restart is needed for, files, credentials, and the release."""
    found = run.machine.programs.get(service.program)
    program = f"{found.path} {found.version_text}" if found else ""
    release = number if service.in_release else f"all-{number}" if service.reload_signal else ""
    parts = (
        restart_digest(service, run.files, program),
        digest(service, run.stack, run.files),
        run.credentials.get(service.name, "")[:24],
        release,
    )
    return ".".join(parts)


def same_start(applied: str, wanted: str) -> bool:
    """Whether no restart is needed for what a reload can change."""
    return _parts(applied)[:1] == _parts(wanted)[:1]


def same_files(applied: str, wanted: str) -> bool:
    """Whether neither the start nor the rendered files differ."""
    return _parts(applied)[:2] == _parts(wanted)[:2]


def same_but_credentials(applied: str, wanted: str) -> bool:
    """Whether nothing but the credentials differs."""
    one, other = _parts(applied), _parts(wanted)
    return one[:2] == other[:2] and one[3:] == other[3:]


def _parts(digests: str) -> list[str]:
    """The parts; of what another version of Uz wrote none that agrees with another."""
    found = digests.split(".")
    return found if len(found) >= PARTS else [f"another {digests}"] * PARTS


PARTS = 4


def active(run: Run, service: Service) -> Path | None:
    """The release folder that a service of the app runs from, while it is there."""
    active = run.layout.active / service.name
    return active.resolve() if active.is_symlink() and active.exists() else None


def name_releases(run: Run) -> None:
    """Write which release answers at which address: nginx reads it for the access log."""
    lines = [
        f'    "~127\\.0\\.0\\.1:{listen.port}$" "{folder.name}";'
        for service in run.stack.services
        if (folder := active(run, service)) is not None
        for listen in service.listens
    ]
    text = "\n".join(["map $upstream_addr $uz_release {", '    default "";', *lines, "}", ""])
    write(run.layout.active / "releases.conf", text, 0o644 if isolated() else 0o600)


def remember(run: Run, name: str, applied: str | None) -> None:
    """Write down what a service was started with; None for one that may not run."""
    run.state = run.state.with_service(name, applied)
    write_state(run.layout, run.state)


def note(run: Run, what: str, name: str, text: str) -> None:
    """Count what happened to a service, and tell it."""
    run.happened.setdefault(what, []).append(name)
    run.progress(name, text)
