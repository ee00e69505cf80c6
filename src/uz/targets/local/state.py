"""What is applied in an environment, and the lock of the one command that may change it."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from uz.errors import BusyError, MachineError
from uz.targets.local.folders import disk_errors, refuse_symlink, write
from uz.targets.local.layout import Layout

FORMAT = 1
TEXTS = ("kind", "project", "release", "parent", "stale_secrets")
LISTS = ("ports", "public_ports", "order")


@dataclass(frozen=True)
class State:
    """What `uz up` applied last. `applied` has the digest that each service was started with."""

    format: int = FORMAT
    kind: str = "production"
    project: str = ""
    ports: tuple[int, ...] = ()
    public_ports: tuple[int, ...] = ()
    release: str = ""
    order: tuple[str, ...] = ()
    applied: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""
    """The environment that a rehearsal was made from."""
    stale_secrets: str = ""
    """From when the secrets are, where the manager did not answer and the sealed copy was used."""

    def with_service(self, name: str, digest: str | None) -> "State":
        """The same state with one service applied, or no longer so."""
        applied = {key: value for key, value in self.applied.items() if key != name}
        return replace(self, applied=applied if digest is None else applied | {name: digest})


def read_state(layout: Layout) -> State | None:
    """Return the state, or None where the environment was never brought up. Raises MachineError."""
    refuse_symlink(layout.root)
    try:
        loaded = json.loads(layout.state.read_text())
        if loaded.get("format") != FORMAT:
            raise MachineError(
                f"{layout.state}: format {loaded.get('format')!r} is of another version of Uz",
                hint="Use the version that wrote it.",
            )
        return State(**_checked(loaded) | {name: tuple(loaded[name]) for name in LISTS})
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise MachineError(
            f"{layout.root}: belongs to another user",
            hint="Run as the user who ran `uz up`.",
        ) from error
    except OSError as error:
        raise MachineError(
            f"{error.filename or layout.state}: {error.strerror}",
            hint="Move it away and run `uz up`: nothing else is lost.",
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MachineError(
            f"{layout.state}: damaged ({error})",
            hint="Remove this one file and run `uz up`: data, releases and secrets stay.",
        ) from error


def _checked(loaded: Any) -> Any:
    """What was read, where all in it is of the kind that is written. Raises TypeError."""
    texts = [loaded.get(name, "") for name in TEXTS]
    texts += [*loaded["order"], *loaded["applied"].keys(), *loaded["applied"].values()]
    wrong = [one for one in texts if not isinstance(one, str)]
    numbers = [*loaded["ports"], *loaded["public_ports"]]
    wrong += [one for one in numbers if not isinstance(one, int)]
    if wrong:
        raise TypeError(f"{str(wrong[0])[:40]!r} is out of place")
    return loaded


def write_state(layout: Layout, state: State) -> None:
    """Keep the state. Raises MachineError."""
    write(layout.state, json.dumps(asdict(state), indent=1, sort_keys=True))


@contextmanager
def locked(layout: Layout, command: str) -> Iterator[None]:
    """Hold the environment for one command; it is let go even when the command is killed.

    Raises BusyError where another command holds it.
    """
    with disk_errors(layout.lock):
        refuse_symlink(layout.lock)
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = Path(layout.lock).read_text().strip() or "another command"
        os.close(descriptor)
        raise BusyError(
            f"{layout.app}/{layout.environment}: `{holder}` is working on it",
            hint="Wait for it to end, or stop it; then run the command again.",
        ) from error
    try:
        with disk_errors(layout.lock):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"uz {command} (process {os.getpid()})".encode(), 0)
        yield
    finally:
        os.ftruncate(descriptor, 0)
        os.close(descriptor)
