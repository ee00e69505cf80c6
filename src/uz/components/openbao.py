"""OpenBao: the environment's own secrets manager, unsealed by a key that lies outside its data."""

from uz.machine import OPENBAO, Machine
from uz.spec import Spec
from uz.stack import HttpsReady, Listen, Owner, Role, Service, Stack

NAME = "openbao"
SEAL_KEY, TLS_KEY, TLS_CERTIFICATE = "openbao/seal-key", "openbao/tls-key", "openbao/tls"
"""Made from the bootstrap credential at each start: no manager can keep what opens it."""
AUTHORITY = "data/openbao-authority.pem"
"""The certificate of the CA that clients check OpenBao by, in the environment's folder."""
AUDIT_LOG = "logs/openbao/audit.log"
HEALTH = "/v1/sys/health?uninitcode=200&sealedcode=503"
"""https://openbao.org/api-docs/system/health: one that was never initialised is ready for that. One
that has not made itself the active server yet is not: it answers nothing else."""
OTHER_KEY = (
    "The bootstrap credential is not the one that this OpenBao was initialised with: put the right"
    " one back, or `uz secrets recover` takes it from the recovery kit."
)


def openbao(spec: Spec, machine: Machine) -> Stack:  # noqa: ARG001
    """The manager on loopback; nothing where the secrets lie elsewhere."""
    if not spec.secrets.embedded:
        return Stack()
    port = spec.ports.secrets
    service = Service(
        name=NAME,
        role=Role.SERVER,
        owner=Owner.SERVERS,
        program="bao",
        description="secrets manager",
        command=("sh", "{root}/config/openbao/start"),
        ready=HttpsReady(port, HEALTH, AUTHORITY),
        listens=(Listen(port), Listen(port + 1)),
        credentials={
            "seal.key": SEAL_KEY,
            "tls.key": TLS_KEY,
            "tls.pem": TLS_CERTIFICATE,
        },
        troubles={"message authentication failed": OTHER_KEY, "no key matched": OTHER_KEY},
        start_timeout=60,
        stop_timeout=20,
    )
    return Stack((service,), {"openbao/start": START, "openbao/openbao.hcl": _configuration(port)})


START = f"""\
#!/bin/sh
# Starts OpenBao: the `bao` on the PATH, else the one that `uz doctor --install` put beside.
set -eu
PATH=$PATH:$PWD/../../.tools/{OPENBAO}
export PATH
umask 077
exec bao server -config=config/openbao/openbao.hcl
"""


def _configuration(port: int) -> str:
    return f"""\
# OpenBao of this environment. Written by `uz render` from uz.toml.
# Paths are relative to the environment's folder, in which it is started.
ui = false
log_level = "warn"
pid_file = "run/openbao/openbao.pid"
api_addr = "https://127.0.0.1:{port}"
cluster_addr = "https://127.0.0.1:{port + 1}"

# Encrypted by OpenBao before it is written. One server waits for no other: elections are short.
storage "raft" {{
  path = "data/openbao"
  node_id = "openbao"
  performance_multiplier = "1"
}}

listener "tcp" {{
  address = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{port + 1}"
  tls_cert_file = "credentials/openbao/tls.pem"
  tls_key_file = "credentials/openbao/tls.key"
  tls_min_version = "tls13"
}}

# Unseals itself at each start, by a key in memory that Uz makes from the bootstrap credential.
seal "static" {{
  current_key_id = "uz-1"
  current_key = "file://credentials/openbao/seal.key"
}}

# Who read what, with values as keyed hashes. A request that cannot be logged is refused.
audit "file" "file" {{
  options = {{
    file_path = "{AUDIT_LOG}"
  }}
}}
"""
