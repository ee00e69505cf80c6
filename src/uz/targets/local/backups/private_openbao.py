"""An OpenBao that serves nobody but who recovers: started and ended by that process, supervised by
none, so that its data can be moved into place when it is whole.

It is ended by force: what it acknowledged is on the disk by then, and to end by itself takes it two
seconds.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

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
TELLS = 5.0
"""Seconds in which it says what it did."""


@dataclass
class PrivateOpenBao:
    """One that runs, and what it printed."""

    layout: Layout
    spec: Spec
    process: Started
    said: str = field(default="", init=False)

    def start_again(self, after: str) -> None:
        """End it once it has said this, and start it. It goes on where it does not say so.

        Raises BackupError where it does not come up.
        """
        if met(lambda: after in self._read(), TELLS):
            self.process.close()
            self.process = _started(self.layout)
            self.wait()

    def wait(self) -> None:
        """Wait until it answers. Raises BackupError."""

        def answers() -> bool:
            self._read()
            return self.process.ended() is not None or _serves(self.layout, self.spec)

        met(answers, ANSWERS)
        if self.process.ended() is not None or not _serves(self.layout, self.spec):
            last = "".join(f"\n    {line}" for line in self._read().strip().splitlines()[-5:])
            raise BackupError(f"OpenBao does not come up to take its backup{last}", hint=OTHER_KEY)

    def _read(self) -> str:
        """All that it printed; it says little, and would wait for nobody to read more."""
        with suppress(BlockingIOError):
            self.said += os.read(self.process.output, 2**16).decode(errors="replace")
        return self.said


@contextmanager
def private_openbao(
    layout: Layout, spec: Spec, stack: Stack, bootstrap: Bootstrap
) -> Iterator[PrivateOpenBao]:
    """Run it in the folders of `layout`, which are prepared, on the environment's own port.

    Raises MachineError where the port is taken, BackupError where it does not come up.
    """
    for port in (spec.ports.secrets, spec.ports.secrets + 1):
        if holder := holder_of(port, frozenset()):
            raise _taken(port, holder, spec)
    service, nothing = stack.service(NAME), FileSecrets(layout.secrets)
    deliver_to(layout, service, nothing, opening(layout, bootstrap), bootstrap.digest_key)
    write_config(layout, stack.files_of(service))
    server = PrivateOpenBao(layout, spec, _started(layout))
    try:
        server.wait()
        yield server
    finally:
        server.process.close()


def _started(layout: Layout) -> Started:
    return started(
        [*_rights(), "sh", "config/openbao/start"],
        cwd=layout.root,
        environment={"PATH": PATH, "LANG": LOCALE, "BAO_LOG_LEVEL": "info"},
    )


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


def _serves(layout: Layout, spec: Spec) -> bool:
    client = connected(layout, spec)
    try:
        with errors(OWN):
            client.adapter.get(HEALTH)
    except (UnreachableError, SecretError):
        return False
    return True
