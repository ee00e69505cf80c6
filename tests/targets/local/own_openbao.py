"""An environment's own OpenBao for tests: as the component says it, without a supervisor."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from tests.managers.openbao_server import free_port, program
from tests.places import short_folder

from uz.components import compose
from uz.components.openbao import HEALTH, NAME, SEAL_KEY, TLS_CERTIFICATE, TLS_KEY
from uz.managers import ManagedSecrets
from uz.spec import Spec
from uz.stack import Stack
from uz.targets.local.bootstrap import Bootstrap, make_bootstrap
from uz.targets.local.embedded import as_operator
from uz.targets.local.furnish import emptied, furnished
from uz.targets.local.layout import Layout
from uz.targets.local.openbao_tls import opening
from uz.testing import MACHINE, spec
from uz.waiting import met

STARTS = 60.0
FILES = {"seal.key": SEAL_KEY, "tls.key": TLS_KEY, "tls.pem": TLS_CERTIFICATE}


@dataclass
class OwnOpenBao:
    """One server in an environment's folder."""

    layout: Layout
    spec: Spec
    bootstrap: Bootstrap
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def stack(self) -> Stack:
        """All services of the environment; only OpenBao runs."""
        return compose(self.spec, MACHINE)

    @property
    def source(self) -> ManagedSecrets:
        """Uz itself, logged in."""
        return as_operator(self.layout, self.spec, self.bootstrap.secret)

    def start(self) -> None:
        """Start it with what the bootstrap credential opens, and wait until it answers."""
        delivered = self.layout.credentials / NAME
        delivered.mkdir(parents=True, exist_ok=True)
        given = opening(self.layout, self.bootstrap)
        for file, name in FILES.items():
            (delivered / file).write_bytes(given[name].reveal())
        with (self.layout.logs / "openbao.log").open("ab") as log:
            self.process = subprocess.Popen(
                [program(), "server", "-config=config/openbao/openbao.hcl"],
                cwd=self.layout.root, stdout=log, stderr=log,
                env={"PATH": os.environ["PATH"], "HOME": str(self.layout.root)},
            )  # fmt: skip
        ended = self.process.poll
        met(lambda: ended() is not None or self.answers(), STARTS)
        if not self.answers():
            self.stop()
            raise AssertionError((self.layout.logs / "openbao.log").read_text())

    def stop(self) -> None:
        """End it; nothing happens where it does not run."""
        process, self.process = self.process, None
        if process is not None:
            process.terminate()
            process.wait(60)

    def answers(self) -> bool:
        """Whether it is ready, as its service says."""
        with requests.Session() as session:
            session.trust_env = False
            address = f"https://127.0.0.1:{self.spec.ports.secrets}{HEALTH}"
            try:
                status = session.get(
                    address, verify=str(self.layout.openbao_authority), timeout=5
                ).status_code
            except requests.RequestException:
                return False
        return status == 200

    def again(self) -> None:
        """Start it with empty data."""
        self.stop()
        emptied(self.layout)
        self.start()

    def furnish(self) -> bool:
        """Initialise it where that was not done to the end; as `uz up` does, when it is ready."""
        assert met(self.answers, STARTS)
        return furnished(self.layout, self.spec, self.bootstrap, self.again)


def an_environment(layout: Layout, environment: str, **tables: Any) -> OwnOpenBao:
    """Its folders and its configuration; nothing runs."""
    base = free_port() - 820
    of = spec(
        environment,
        environments={environment: {"network": {"port_base": base}}},
        **{"secrets": {}, **tables},
    )
    for folder in (layout.data, layout.logs, layout.config, layout.run):
        (folder / NAME).mkdir(parents=True)
    made = OwnOpenBao(layout, of, make_bootstrap(layout.bootstrap))
    for path, text in made.stack.files.items():
        if path.startswith(f"{NAME}/"):
            (layout.config / path).write_text(text)
    return made


@contextmanager
def own_openbao(environment: str = "trial", **tables: Any) -> Iterator[OwnOpenBao]:
    """An environment whose OpenBao runs and was initialised."""
    with short_folder() as top:
        made = an_environment(Layout(top / "home", "shop", environment), environment, **tables)
        try:
            made.start()
            made.furnish()
            yield made
        finally:
            made.stop()
