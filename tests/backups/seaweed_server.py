"""A real SeaweedFS for tests: S3 over TLS, a bucket with object lock, and four identities."""

import os
import random
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

import psutil
from tests.managers.loopback import certify

from uz.backups.s3 import PATIENCE, Bucket, S3Store
from uz.components.offsite import (
    IDENTITIES,
    PORTS,
    TOKENS,
    identities,
    mutual,
    options,
    secret_of,
)
from uz.errors import StoreError, StoreUnreachableError
from uz.machine import SEAWEEDFS
from uz.secret import Secret, random_password
from uz.targets.local.tools import install_seaweedfs, tools_folder
from uz.waiting import met

STARTS = 60.0
"""Seconds until it answers, with two cores and others at work."""
BUCKET = "vault"
LOCK_DAYS = 1
REGION = "us-east-1"


@dataclass
class Seaweed:
    """One server in a folder, with a bucket `vault`. `keys`: the secret of each identity."""

    folder: Path
    ports: range
    keys: dict[str, Secret]
    tokens: dict[str, Secret]
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.ports[0]}"

    @property
    def authority(self) -> Path:
        """The certificate of the CA that its own is checked by."""
        return self.folder / "authority.pem"

    def bucket(self, prefix: str = "", name: str = BUCKET) -> Bucket:
        """Where its bucket is."""
        return Bucket(name, self.endpoint, REGION, prefix, self.authority)

    def store(
        self, identity: str = "adder", prefix: str = "", patience: float = PATIENCE
    ) -> S3Store:
        """A store as one of admin, adder, reader, retention."""
        key = Secret(identity.encode())
        return S3Store(self.bucket(prefix), key, self.keys[identity], patience)

    def answers(self) -> bool:
        """Whether S3 answers over TLS."""
        trust = ssl.create_default_context(cafile=str(self.authority))
        line = HTTPSConnection("127.0.0.1", self.ports[0], timeout=5, context=trust)
        with closing(line), suppress(OSError, HTTPException):
            line.request("GET", "/healthz")
            return line.getresponse().status == 200
        return False

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert met(lambda: not any(map(_taken, self.ports)), STARTS)
        (self.folder / "data" / "mini.options").unlink(missing_ok=True)
        words = options(dict(zip(PORTS, self.ports, strict=False)), "data", ".", ".")
        tokens = {
            variable: self.tokens[name].reveal().decode() for variable, name in TOKENS.items()
        }
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [program(), *words],
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.folder),
                    **tokens,
                    **mutual("authority.pem", "tls.pem", "tls.key"),
                },
            )
        assert met(self.answers, STARTS), self.said()
        assert met(self._serves, STARTS), self.said()

    def _serves(self) -> bool:
        """Whether its parts have found each other: S3 answers a little earlier."""
        admin = self.store("admin")
        try:
            admin.put("started", b"")
            admin.remove("started")
        except StoreUnreachableError:
            return False
        except StoreError:  # there is no bucket yet
            return True
        return True

    def stop(self) -> None:
        """End it, as in an outage; nothing happens where it does not run."""
        process, self.process = self.process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(60)
        for port in self.ports:  # sockets that a kill leaves
            for path in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"):
                path.unlink(missing_ok=True)

    def listeners(self) -> set[tuple[str, int]]:
        """Where it listens."""
        assert self.process is not None
        found = psutil.Process(self.process.pid).net_connections("inet")
        return {(one.laddr.ip, one.laddr.port) for one in found if one.status == "LISTEN"}

    def said(self) -> str:
        """The last lines that it printed."""
        return "\n".join((self.folder / "server.log").read_text().splitlines()[-20:])

    def make_bucket(self) -> None:
        """Make `vault`, with versions and object lock, and write and read until it serves."""
        admin = self.store("admin").connection.client

        def made() -> bool:
            with suppress(Exception):
                admin.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
                return True
            return False

        assert met(made, STARTS), self.said()
        admin.put_object_lock_configuration(
            Bucket=BUCKET,
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": LOCK_DAYS}},
            },
        )


@contextmanager
def seaweed(folder: Path) -> Iterator[Seaweed]:
    """Start a server in an empty folder; it ends with the block."""
    (folder / "data").mkdir()
    key, certificate, authority = certify("127.0.0.1", "localhost")
    keys = {one: Secret(random_password()) for one in IDENTITIES}
    tokens = {one: Secret(random_password()) for one in TOKENS.values()}
    server = Seaweed(folder, free_ports(), keys, tokens)
    (folder / "tls.key").write_bytes(key)
    (folder / "tls.pem").write_bytes(certificate)
    server.authority.write_bytes(authority)
    text = identities(BUCKET)
    for one, secret in keys.items():
        text = text.replace(f"{{{{{secret_of(one)}}}}}", secret.reveal().decode())
    (folder / "s3.json").write_text(text)
    try:
        server.start()
        server.make_bucket()
        yield server
    finally:
        server.stop()


def program() -> Path:
    """SeaweedFS: the pinned one, installed where it is missing; or what UZ_TEST_WEED names."""
    if found := os.environ.get("UZ_TEST_WEED") or shutil.which("weed"):
        return Path(found)
    place = tools_folder() / SEAWEEDFS / "weed"
    if not place.is_file():
        tools_folder().mkdir(parents=True, exist_ok=True)
        install_seaweedfs()
    return place


def free_ports(count: int = len(PORTS)) -> range:
    """Ports in a row that are free, below those that the kernel gives to outgoing connections; and
    none of a Stage's."""
    while True:
        first = random.randrange(14_000, 20_000)
        ports = range(first, first + count)
        if not any(map(_taken, ports)):
            return ports


def _taken(port: int) -> bool:
    with closing(socket.socket()) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
