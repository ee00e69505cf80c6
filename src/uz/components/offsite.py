"""The embedded off-site store: SeaweedFS on this machine, for demonstrations and rehearsals."""

import json
from collections.abc import Mapping

from uz.backups.policies import POLICIES
from uz.components.database import REFUSED
from uz.machine import SEAWEEDFS, Machine
from uz.spec import Spec
from uz.stack import HttpsReady, Listen, Owner, Role, SecretText, Service, Stack

NAME = "offsite"
BUCKET = "backups"
FILES = f"./credentials/{NAME}"
"""Of its TLS: with the dot before it, nobody takes a variable with such a path for a secret."""
IDENTITIES = ("admin", *POLICIES)
"""Who may enter: `admin` makes the bucket, the others have the policies of the same names."""
TLS_KEY, TLS_CERTIFICATE = "offsite/tls-key", "offsite/tls"
CA_KEY, CA_CERTIFICATE = "offsite/authority-key", "offsite/authority"
AUTHORITY = "data/offsite-authority.pem"
"""The certificate of the CA that clients check the store by, in the environment's folder."""
TOKENS = {
    "WEED_JWT_SIGNING_KEY": "offsite/jwt-write",
    "WEED_JWT_SIGNING_READ_KEY": "offsite/jwt-read",
    "WEED_JWT_FILER_SIGNING_KEY": "offsite/jwt-filer-write",
    "WEED_JWT_FILER_SIGNING_READ_KEY": "offsite/jwt-filer-read",
}
"""Without them, whoever reaches the ports behind S3 reads and writes all objects."""
PORTS = (
    "s3.port.https",
    "s3.port",
    "s3.port.grpc",
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "admin.port",
    "admin.port.grpc",
)
"""Options that name the ports it opens, in the order of `Ports.offsite`."""
OFF = (
    "admin.ui=false",
    "webdav=false",
    "master.telemetry=false",
    "s3.port.iceberg=0",
    "s3.port.lance=0",
    "s3.iam=false",
    "s3.autoCreateBucket=false",
    "s3.allowDeleteBucketNotEmpty=false",
    "filer.exposeDirectoryData=false",
    "filer.ui.deleteDir=false",
)
"""What it brings and nobody asked for."""


INSIDE = ("MASTER", "VOLUME", "FILER", "S3", "ADMIN", "WORKER", "CLIENT")
"""Its parts, which speak gRPC with each other."""


def mutual(authority: str, certificate: str, key: str) -> dict[str, str]:
    """Variables that let its parts speak with those only that have a certificate of the CA, which
    is the store itself: without, every user of this machine removes what no S3 key may remove, by
    gRPC or by one GET of /col/delete."""
    found = {"WEED_GRPC_CA": authority, "WEED_HTTPS_MASTER_CA": authority}
    for part in (*(f"GRPC_{part}" for part in INSIDE), "HTTPS_MASTER"):
        found |= {f"WEED_{part}_CERT": certificate, f"WEED_{part}_KEY": key}
    return found


def secret_of(identity: str) -> str:
    """The name of the secret that belongs to an identity's access key, which is its name."""
    return f"{NAME}/{identity}"


def offsite(spec: Spec, machine: Machine) -> Stack:  # noqa: ARG001
    """The store on loopback; nothing where the backups go elsewhere."""
    if spec.backups is None or not spec.backups.embedded:
        return Stack()
    ports = dict(zip(PORTS, spec.ports.offsite, strict=False))
    service = Service(
        name=NAME,
        role=Role.SERVER,
        owner=Owner.SERVERS,
        program="weed",
        description="off-site store on this machine, for demonstrations",
        command=("sh", f"{{root}}/config/{NAME}/start"),
        ready=HttpsReady(ports["s3.port.https"], "/healthz", AUTHORITY),
        listens=tuple(map(Listen, ports.values())),
        environment=mutual(AUTHORITY, f"{FILES}/tls.pem", f"{FILES}/tls.key"),
        credentials={
            "tls.key": TLS_KEY,
            "tls.pem": TLS_CERTIFICATE,
            "s3.json": SecretText(identities(BUCKET)),
            **{name.rpartition("/")[2]: name for name in TOKENS.values()},
        },
        passwords=(*map(secret_of, IDENTITIES), *TOKENS.values()),
        secret_environment={variable: name.rpartition("/")[2] for variable, name in TOKENS.items()},
        start_timeout=60,
        stop_timeout=20,
    )
    return Stack((service,), {f"{NAME}/start": _start(ports)})


def identities(bucket: str) -> str:
    """Who may do what, as SeaweedFS reads it; each key's secret is still a name in braces."""
    keys = {
        one: [{"accessKey": one, "secretKey": f"{{{{{secret_of(one)}}}}}"}] for one in IDENTITIES
    }
    admin = {"name": "admin", "credentials": keys["admin"], "actions": ["Admin"]}
    others = [
        {"name": one, "credentials": keys[one], "actions": [], "policyNames": [one]}
        for one in POLICIES
    ]
    policies = [
        {"name": one, "content": json.dumps(policy(bucket, ""))} for one, policy in POLICIES.items()
    ]
    return json.dumps({"identities": [admin, *others], "policies": policies}, indent=1)


def options(ports: Mapping[str, int], folder: str, files: str, sockets: str) -> list[str]:
    """The words behind `weed`: data folder, that with TLS files and identities, that of sockets."""
    return [
        "-logtostderr=true",
        "mini",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-dir={folder}",
        *(f"-{option}={port}" for option, port in ports.items()),
        *(f"-{option}" for option in OFF),
        f"-s3.config={files}/s3.json",
        f"-s3.cert.file={files}/tls.pem",
        f"-s3.key.file={files}/tls.key",
        f"-s3.localSocket={sockets}/s3.sock",
        f"-filer.localSocket={sockets}/filer.sock",
    ]


def _start(ports: Mapping[str, int]) -> str:
    words = options(ports, f"data/{NAME}", f"credentials/{NAME}", f"run/{NAME}")
    listed, command = " ".join(map(str, ports.values())), " \\\n    ".join(words)
    return f"""\
#!/bin/sh
# Starts SeaweedFS: the `weed` on the PATH, else the one that `uz doctor --install` put beside.
set -eu
PATH=$PATH:$PWD/../../.tools/{SEAWEEDFS}
export PATH
umask 077

# Where a port is taken, it would go to another one and say nothing: wait until all are free.
left=50
for port in {listed}; do
    while grep -qs "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$port") [0-9A-F:]* 0A" /proc/net/tcp*; do
        left=$((left - 1))
        if [ "$left" -le 0 ]; then
            echo "refused: port $port is taken by another process"
            exit {REFUSED}
        fi
        sleep 0.1
    done
done

# It remembers options of earlier starts, which are not to come back; a kill leaves sockets.
rm -f data/{NAME}/mini.options run/{NAME}/*.sock
for port in {listed}; do
    rm -f /tmp/seaweedfs-*-grpc-"$port".sock
done
exec weed \\
    {command}
"""
