"""An OpenBao that serves nobody but who recovers: started and ended by that process, supervised by
none, so that its data can be moved into place when it is whole."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from uz.components.openbao import HEALTH, NAME, OTHER_KEY
from uz.errors import BackupError, MachineError, SecretError, UnreachableError
from uz.managers.vault import OWN, errors
from uz.secret import FileSecrets
from uz.shell import Started, started
from uz.spec import Kind, Spec
from uz.stack import Owner, Stack
from uz.targets.local.bootstrap import Bootstrap
from uz.targets.local.config import write_config
from uz.targets.local.embedded import connected
from uz.targets.local.layout import Layout
from uz.targets.local.listeners import holder_of
from uz.targets.local.memory import deliver_to
from uz.targets.local.openbao_tls import opening
from uz.targets.local.scripts import LOCALE, PATH
from uz.targets.local.users import as_user, isolated, user_of
from uz.waiting import met

ANSWERS = 60.0
"""Seconds until it answers."""
ENDS = 20.0
"""Seconds that it may take to end."""


@contextmanager
def private_openbao(
    layout: Layout, spec: Spec, stack: Stack, bootstrap: Bootstrap
) -> Iterator[None]:
    """Run it in the folders of `layout`, which are prepared, on the environment's own port.

    Raises MachineError where the port is taken, BackupError where it does not come up.
    """
    for port in (spec.ports.secrets, spec.ports.secrets + 1):
        if holder := holder_of(port, frozenset()):
            raise _taken(port, holder, spec)
    service, nothing = stack.service(NAME), FileSecrets(layout.secrets)
    deliver_to(layout, service, nothing, opening(layout, bootstrap), bootstrap.digest_key)
    write_config(layout, stack.files_of(service))
    process = started(
        [*_rights(), "sh", "config/openbao/start"],
        cwd=layout.root,
        environment={"PATH": PATH, "LANG": LOCALE},
    )
    try:
        _up(layout, spec, process)
        yield
    finally:
        _end(process)


def _taken(port: int, holder: str, spec: Spec) -> MachineError:
    what = f"port {port} is in use by {holder}: OpenBao of {spec.app.name}/{spec.environment}"
    if spec.kind is Kind.REHEARSAL:
        return MachineError(
            f"{what}, which a drill makes beside, needs it",
            hint="Run `uz drill` again: it looks for other free ports.",
        )
    return MachineError(
        f"{what}, which is being recovered, needs it",
        hint="Stop that, or choose another network.port_base in uz.toml; then `uz recover` again.",
    )


def _rights() -> list[str]:
    """Those of the servers' user; it dies with this process, which a change of users undoes."""
    user = as_user(user_of(Owner.SERVERS)) if isolated() else []
    return [*user, "setpriv", "--pdeathsig=KILL", "--"]


def _up(layout: Layout, spec: Spec, process: Started) -> None:
    said: list[str] = []

    def answers() -> bool:
        said.append(_read(process))
        return process.ended() is not None or _serves(layout, spec)

    met(answers, ANSWERS)
    if process.ended() is not None or not _serves(layout, spec):
        last = "".join(f"\n    {line}" for line in "".join(said).strip().splitlines()[-5:])
        raise BackupError(f"OpenBao does not come up to take its backup{last}", hint=OTHER_KEY)


def _serves(layout: Layout, spec: Spec) -> bool:
    client = connected(layout, spec)
    try:
        with errors(OWN):
            client.adapter.get(HEALTH)
    except (UnreachableError, SecretError):
        return False
    return True


def _read(process: Started) -> str:
    """What it printed since; it says little, and would wait for nobody to read more."""
    try:
        return os.read(process.output, 2**16).decode(errors="replace")
    except BlockingIOError:
        return ""


def _end(process: Started) -> None:
    """End it in its own way, so that its data is whole."""
    process.signal(signal.SIGTERM)

    def ended() -> bool:
        _read(process)
        return process.ended() is not None

    met(ended, ENDS)
    process.close()
