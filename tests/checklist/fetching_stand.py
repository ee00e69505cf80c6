"""A real OpenBao, set up as `uz up` does, as the secrets manager of an Environment."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import hvac
import psutil
from tests.managers.oidc_issuer import Issuer
from tests.managers.openbao_server import OpenBao, openbao

from uz.environment import ServiceStatus
from uz.managers import ManagedSecrets
from uz.managers.initialise import furnish, initialise, revoke
from uz.managers.naming import own_prefix
from uz.managers.pipeline import ROLE, configure
from uz.managers.rights import OPERATOR, let_read
from uz.managers.vault import OWN, VaultManager
from uz.managers.vault_login import by_approle
from uz.secret import Secret
from uz.spec import Pipeline, Spec
from uz.stack import Role
from uz.testing import FakeEnvironment, spec

PIPELINE: dict[str, Any] = {
    "issuer": "https://127.0.0.1:1",
    "audience": "https://shop.example",
    "claims": {"repository": "acme/shop", "ref": "refs/heads/main"},
}
"""Nobody answers there: in a rehearsal the issuer need not be reached."""
CREDENTIAL = Secret(b"not-a-secret-but-long-enough-to-be-one")


class FetchingStand(FakeEnvironment):
    """Everything is pretended but the secrets manager, and files where Uz has them."""

    def __init__(self, of: Spec, server: OpenBao, client: hvac.Client, home: Path) -> None:
        super().__init__(of)
        self.server, self.client, self.home = server, client, home
        self.project = home / "project"
        self.own = home / of.app.name / of.environment
        (self.own / "logs/openbao").mkdir(parents=True)
        (self.own / "logs/openbao/audit.log").symlink_to(server.audit)
        self.project.mkdir()
        self.bootstrap.write_bytes(CREDENTIAL.reveal())
        self.bootstrap.chmod(0o400)
        self.process: psutil.Popen | None = None

    @property
    def bootstrap(self) -> Path:
        """The one credential."""
        return self.own.parent / f"{self.name}.bootstrap"

    @property
    def folder(self) -> Path:
        return self.own

    def secrets(self) -> ManagedSecrets:  # type: ignore[override]
        return ManagedSecrets(VaultManager(self.client, OWN), own_prefix(self.spec))

    def status(self) -> tuple[ServiceStatus, ...]:
        pid = self.process.pid if self.process else None
        web = self.instances(Role.WEB)
        return tuple(replace(one, pid=pid) if one.name in web else one for one in super().status())

    @contextmanager
    def a_process(self, **variables: str) -> Iterator[None]:
        """Let the app be a real process with these variables."""
        sleeping = [sys.executable, "-c", "import time; print(flush=True); time.sleep(300)"]
        self.process = psutil.Popen(sleeping, env=variables, stdout=-1)
        try:
            self.process.stdout.readline()
            yield
        finally:
            self.process.kill()
            self.process.wait(60)
            self.process.stdout.close()
            self.process = None

    def configure(self) -> None:
        """Let in whom uz.toml says, as `uz up` does."""
        assert self.spec.pipeline
        configure(self.client, self.spec.pipeline, "", ROLE)


def answered_by(stand: FetchingStand, issuer: Issuer) -> None:
    """Let in whom this issuer vouches for: one that is there."""
    stand.spec = trial(pipeline={**PIPELINE, "issuer": issuer.url})
    assert stand.spec.pipeline
    configure(stand.client, stand.spec.pipeline, issuer.authority_pem, ROLE)


@contextmanager
def served(folder: Path) -> Iterator[tuple[OpenBao, hvac.Client]]:
    """An OpenBao with its operator, logged in; no root token is left."""
    (folder / "bao").mkdir()
    with openbao(folder / "bao", initialised=False) as server:
        client = server.client()
        furnish(client, initialise(client), CREDENTIAL)
        revoke(client)
        by_approle(client, OPERATOR, CREDENTIAL)
        let_read(client, "app", ["secret/stripe"])
        client.secrets.kv.v2.create_or_update_secret("uz/app/key", {"value": "a-value-of-a-test"})
        yield server, client


def trial(**tables: Any) -> Spec:
    """A rehearsal whose secrets lie in Uz's own OpenBao, and whose pipeline is let in."""
    whole = {"secrets": {"manager": "openbao"}, "pipeline": PIPELINE, **tables}
    return spec("trial", **{name: table for name, table in whole.items() if table is not None})


def table(**changed: Any) -> Pipeline:
    """A `[pipeline]` table."""
    return Pipeline.model_validate({**PIPELINE, **changed})
