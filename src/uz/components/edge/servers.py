"""The server blocks: users over TLS, the redirect, strangers, and the private status page."""

from uz.machine import Machine
from uz.spec import Spec

HTTP2_DIRECTIVE = (1, 25, 1)
"""Since this version of nginx `http2 on;` replaces the parameter of `listen`."""


def servers(spec: Spec, machine: Machine) -> str:
    """All server blocks; closes the http block."""
    names = " ".join(spec.domains)
    port = "" if spec.ports.https == 443 else f":{spec.ports.https}"
    http2 = "\n        http2 on;" if _http2_directive(machine) else ""
    return f"""
    # Plain HTTP only sends users to HTTPS.
    server {{
{_listen(spec.ports.http, machine)}
        server_name {names};
        return 301 https://$host{port}$request_uri;
    }}

    # Users.
    server {{
{_listen(spec.ports.https, machine, tls=True)}{http2}
        server_name {names};
        ssl_certificate ../../credentials/edge/certificate.pem;
        ssl_certificate_key ../../credentials/edge/key.pem;
        include headers.conf;

        # Plain HTTP that was sent to the HTTPS port.
        error_page 497 =301 https://$host{port}$request_uri;
        error_page 429 @too_many_requests;

        location / {{
            include proxy.conf;
        }}

        location @too_many_requests {{
            include headers.conf;
            add_header Retry-After 1 always;
            return 429 "Too many requests, try again in a second.\\n";
        }}
    }}

    # Whoever asks for another host gets nothing: no certificate, no redirect.
    server {{
{_listen(spec.ports.http, machine, default=True)}
{_listen(spec.ports.https, machine, tls=True, default=True)}
        server_name _;
        ssl_reject_handshake on;
        return 421;
    }}

    # The edge's own health and figures, for this machine only.
    server {{
        listen 127.0.0.1:{spec.ports.status};
        server_name localhost;
        access_log off;
        limit_req_dry_run on;
        limit_conn_dry_run on;
        location = /health {{
            return 200 "ok\\n";
        }}
        location = /status {{
            stub_status;
        }}
    }}
}}
"""


def _http2_directive(machine: Machine) -> bool:
    nginx = machine.programs.get("nginx")
    return nginx is not None and nginx.version >= HTTP2_DIRECTIVE


def _listen(port: int, machine: Machine, *, tls: bool = False, default: bool = False) -> str:
    options = ""
    if tls:
        options = " ssl" if _http2_directive(machine) else " ssl http2"
    if default:
        options += " default_server"
    lines = [f"        listen {port}{options};"]
    if machine.ipv6:
        lines.append(f"        listen [::]:{port}{options};")
    return "\n".join(lines)
