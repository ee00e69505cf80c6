"""A real OpenBao for tests: over TLS, on raft, unsealing itself, with an audit log."""

import base64
import os
import random
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import hvac
import requests
from tests.managers.loopback import certify

from uz.machine import OPENBAO
from uz.managers.vault_login import connect
from uz.secret import Secret
from uz.targets.local.tools import install_openbao, tools_folder
from uz.waiting import met

STARTS = 60.0
"""Seconds until a server answers, with two cores and others at work."""


@dataclass
class OpenBao:
    """One server in a folder; `root` is its root token once it is initialised."""

    folder: Path
    port: int
    root: Secret | None = None
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path:
        """The certificate of the CA that its own is checked by."""
        return self.folder / "authority.pem"

    @property
    def audit(self) -> Path:
        """Its audit log: a JSON object a line."""
        return self.folder / "audit.log"

    def client(self, token: Secret | None = None) -> hvac.Client:
        """A client with this token; without one, with the root token."""
        client = connect(self.address, authority=self.authority)
        found = token or self.root
        client.token = found.reveal().decode() if found else None
        return client

    def health(self) -> int:
        """What it says of itself: 200 active, 429 standby, 501 not initialised, 503 sealed."""
        with requests.Session() as session:
            session.trust_env = False
            address = f"{self.address}/v1/sys/health"
            try:
                return session.get(address, verify=str(self.authority), timeout=5).status_code
            except requests.RequestException:
                return 0

    def start(self) -> None:
        """Start it, and wait until it answers and, where it was initialised, serves."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [program(), "server", f"-config={self.folder / 'openbao.hcl'}"],
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            )
        wanted = 200 if self.root else 501
        assert met(lambda: self.health() == wanted, STARTS), self.said()

    def stop(self) -> None:
        """End it; nothing happens where it does not run."""
        process, self.process = self.process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(60)

    def seal(self) -> None:
        """Seal it: it answers and serves nothing until it is started anew."""
        self.client().sys.seal()
        assert met(lambda: self.health() == 503, STARTS), self.said()

    def said(self) -> str:
        """The last lines that it printed."""
        return "\n".join((self.folder / "server.log").read_text().splitlines()[-20:])

    def initialise(self) -> None:
        """Initialise it; give it a KV engine, version 2, at `secret/`, and AppRole logins."""
        client = self.client()
        answer = client.sys.initialize(
            secret_shares=None, secret_threshold=None, recovery_shares=1, recovery_threshold=1
        )
        self.root = Secret(answer["root_token"].encode())
        client.token = answer["root_token"]
        assert met(lambda: self.health() == 200, STARTS), self.said()
        client.sys.enable_auth_method("approle")
        enable_store(client, "secret")


@contextmanager
def openbao(folder: Path, *, initialised: bool = True) -> Iterator[OpenBao]:
    """Start a server in an empty folder; it ends with the block."""
    server = OpenBao(folder, free_port())
    key, certificate, authority = certify("127.0.0.1", "localhost")
    (folder / "tls.key").write_bytes(key)
    (folder / "tls.pem").write_bytes(certificate)
    server.authority.write_bytes(authority)
    (folder / "seal.key").write_bytes(base64.b64encode(os.urandom(32)))
    (folder / "data").mkdir()
    (folder / "openbao.hcl").write_text(configuration(server.port))
    try:
        server.start()
        if initialised:
            server.initialise()
        yield server
    finally:
        server.stop()


def enable_store(client: hvac.Client, mount: str) -> None:
    """Mount a KV engine, version 2; it upgrades itself first, and serves nothing meanwhile."""
    client.sys.enable_secrets_engine("kv", path=mount, options={"version": "2"})

    def serves() -> bool:
        try:
            client.secrets.kv.v2.read_configuration(mount)
        except hvac.exceptions.VaultError:
            return False
        return True

    assert met(serves, STARTS)


def program() -> Path:
    """OpenBao: from the PATH, else the pinned one, installed where it is missing."""
    if found := shutil.which("bao"):
        return Path(found)
    place = tools_folder() / OPENBAO / "bao"
    if not place.is_file():
        tools_folder().mkdir(parents=True, exist_ok=True)
        install_openbao()
    return place


def free_port() -> int:
    """A port that is free, and so is the next: OpenBao listens on both. None of a Stage's."""
    while True:
        port = random.randrange(20_000, 26_000)
        with closing(socket.socket()) as one, closing(socket.socket()) as next_one:
            try:
                one.bind(("127.0.0.1", port))
                next_one.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def configuration(port: int) -> str:
    """As the component `openbao` writes it, with paths of the test's folder."""
    return f"""\
ui = false
disable_mlock = true
log_level = "warn"
api_addr = "https://127.0.0.1:{port}"
cluster_addr = "https://127.0.0.1:{port + 1}"

storage "raft" {{
  path = "data"
  node_id = "test"
  performance_multiplier = "1"
}}

listener "tcp" {{
  address = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{port + 1}"
  tls_cert_file = "tls.pem"
  tls_key_file = "tls.key"
  tls_min_version = "tls13"
}}

seal "static" {{
  current_key_id = "test-1"
  current_key = "file://seal.key"
}}

audit "file" "file" {{
  options = {{
    file_path = "audit.log"
  }}
}}
"""
