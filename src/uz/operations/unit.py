"""A hardened systemd unit that keeps an environment up."""

import getpass
import sys
from pathlib import Path

from uz.operations.place import Place

FOLDER = Path("/etc/systemd/system")
ROOT_CAPABILITIES = (
    "CAP_SETUID CAP_SETGID CAP_SETPCAP CAP_KILL CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE"
    " CAP_NET_BIND_SERVICE CAP_SYS_PTRACE"
)
"""What Uz needs as root: other users for the services, their files and processes, ports below
1024 for the edge, and a look into /proc."""


def unit_name(place: Place) -> str:
    """The unit's name."""
    return f"uz-{place.spec.app.name}-{place.spec.environment}.service"


def unit_text(place: Place) -> str:
    """The unit. With isolation it starts as root and gives services users of their own."""
    isolated = place.machine.isolated
    stop = sum(service.stop_timeout for service in place.stack.services) + 30
    user = "" if isolated else f"User={getpass.getuser()}\n"
    capabilities = ROOT_CAPABILITIES if isolated else "CAP_NET_BIND_SERVICE"
    ambient = "" if isolated else "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"
    command = (
        f"{sys.executable} -m uz --project {place.project} --env {place.spec.environment}"
        " up --foreground"
    )
    return f"""\
# Keeps {place.spec.app.name} ({place.spec.environment}) up. Written by `uz service`.
[Unit]
Description={place.spec.app.name} ({place.spec.environment}), run by Uz
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart={command}
Environment=UZ_HOME={place.layout.home}
{user}Restart=on-failure
RestartSec=5s
KillMode=mixed
TimeoutStopSec={round(stop)}s
LimitNOFILE=16384

# What the service may do, and what it cannot touch.
CapabilityBoundingSet={capabilities}
{ambient}NoNewPrivileges=yes
UMask=0077
ProtectSystem=strict
ReadWritePaths={place.layout.home} /run /dev/shm
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""
