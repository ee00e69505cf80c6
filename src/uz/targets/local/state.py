"""What is applied in an environment, and the lock of the one command that may change it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from uz.errors import MachineError
from uz.targets.local.folders import disk_errors, refuse_symlink, write
from uz.targets.local.layout import Layout
from uz.targets.local.locks import held, name_holder

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
def locked(layout: Layout, command: str, within: float = 0.0) -> Iterator[None]:
    """Hold the environment for one command; it is let go even when the command is killed.

    Raises BusyError where another command still holds it after `within` seconds.
    """

    def busy(holder: str) -> str:
        return f"{layout.app}/{layout.environment}: `{holder}` is working on it"

    with held(layout.lock, busy, within) as descriptor:
        try:
            with disk_errors(layout.lock):
                name_holder(descriptor, command)
            yield
        finally:
            os.ftruncate(descriptor, 0)
