"""The service and the files of the edge."""

from uz.components.edge.headers import header_maps, security_headers
from uz.components.edge.http import http_block
from uz.components.edge.proxy import proxy_settings
from uz.components.edge.servers import servers
from uz.machine import Machine
from uz.spec import Spec
from uz.spec.reference import is_reference
from uz.stack import HttpReady, Listen, Owner, Role, Service, Stack


def edge(spec: Spec, machine: Machine) -> Stack:
    """TLS, redirects, headers, limits and the access log, in front of the web instances."""
    ports = spec.ports
    service = Service(
        name="edge",
        role=Role.EDGE,
        owner=Owner.SERVERS,
        program="nginx",
        description="TLS edge",
        command=("nginx", "-p", "{root}/", "-e", "stderr", "-c", "config/edge/nginx.conf"),
        ready=HttpReady(ports.status, "/health", "localhost"),
        listens=(
            Listen(ports.https, public=True),
            Listen(ports.http, public=True),
            Listen(ports.status),
        ),
        after=tuple(f"app-{number}" for number in range(1, spec.app.instances + 1)),
        credentials={"certificate.pem": "edge/certificate", "key.pem": _key(spec)},
        stop_signal="QUIT",
        stop_timeout=spec.app.stop_timeout.total_seconds() + 5,
        reload_signal="HUP",
    )
    files = {
        "edge/nginx.conf": http_block(spec) + servers(spec, machine),
        "edge/maps.conf": header_maps(spec),
        "edge/headers.conf": security_headers(spec),
        "edge/proxy.conf": proxy_settings(spec),
    }
    return Stack((service,), files)


def _key(spec: Spec) -> str:
    """Where the certificate's key comes from: the manager, where `uz.toml` says so."""
    named = spec.edge.certificate_key or ""
    return named if is_reference(named) else "edge/key"
