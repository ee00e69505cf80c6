"""Rotation of the edge's access log, by logrotate.

All other logs are rotated by the process supervisor, which writes them. The access log is too
busy for that: nginx writes it itself, and reopens it when told.
"""

from datetime import timedelta

from uz.components.openbao import AUDIT_LOG
from uz.machine import Machine
from uz.spec import Spec
from uz.spec.values import size_text
from uz.stack import Owner, Role, Service, Stack, StaysUp

INTERVAL = 300
"""Seconds between two looks at the size."""


def log_rotation(spec: Spec, machine: Machine) -> Stack:  # noqa: ARG001
    """Look at the access log every five minutes; rotate by size, remove by number and age."""
    service = Service(
        name="log-rotation",
        role=Role.SERVER,
        owner=Owner.SERVERS,
        program="logrotate",
        description="rotates the access log and the audit log"
        if spec.secrets.embedded
        else "rotates the access log",
        command=("sh", "{root}/config/log-rotation/loop"),
        ready=StaysUp(0.0),
        after=("edge",),
        stop_timeout=5,
    )
    return Stack(
        (service,),
        {"log-rotation/loop": LOOP, "log-rotation/logrotate.conf": _configuration(spec)},
    )


def _configuration(spec: Spec) -> str:
    text = size_text(spec.logs.max_size)
    size = text.removesuffix("iB") if text.endswith("iB") else str(spec.logs.max_size)
    days = max(1, spec.logs.max_age // timedelta(days=1))
    return f"""\
# Rotates the edge's access log. Read by logrotate every {INTERVAL} s, in the environment's folder.
"logs/edge/access.log" {{
    size {size}
    rotate {spec.logs.keep}
    maxage {days}
    missingok
    nocompress
    nocreate
    postrotate
        # nginx goes on in a new file
        kill -USR1 "$(cat run/edge/nginx.pid)"
    endscript
}}
{_audit(spec, size, days) if spec.secrets.embedded else ""}"""


def _audit(spec: Spec, size: str, days: int) -> str:
    return f"""
# The audit log of the secrets manager.
"{AUDIT_LOG}" {{
    size {size}
    rotate {spec.logs.keep}
    maxage {days}
    missingok
    nocompress
    nocreate
    postrotate
        # OpenBao goes on in a new file
        kill -HUP "$(cat run/openbao/openbao.pid)"
    endscript
}}
"""


LOOP = f"""\
#!/bin/sh
# Runs logrotate every {INTERVAL} s until stopped.
set -u
cd "$(dirname "$0")/../.."
trap 'kill "$nap" 2>/dev/null; exit 0' TERM INT
while :; do
    logrotate --state run/log-rotation/state config/log-rotation/logrotate.conf
    sleep {INTERVAL} &
    nap=$!
    wait "$nap"
done
"""
