"""The head of nginx.conf: process, logs, timeouts, limits and the web instances."""

from uz.spec import Spec
from uz.spec.values import duration_text

ACCESS_LOG = (
    ("time", '"$time_iso8601"'),
    ("request_id", '"$request_id"'),
    ("trace_id", '"$uz_trace_id"'),
    ("client", '"$remote_addr"'),
    ("method", '"$request_method"'),
    ("host", '"$host"'),
    ("path", '"$uz_path"'),
    ("protocol", '"$server_protocol"'),
    ("tls", '"$ssl_protocol"'),
    ("status", "$status"),
    ("bytes", "$bytes_sent"),
    ("seconds", "$request_time"),
    ("upstream", '"$upstream_addr"'),
    ("upstream_status", '"$upstream_status"'),
    ("upstream_seconds", '"$upstream_response_time"'),
    ("release", '"$uz_release"'),
    ("user_agent", '"$http_user_agent"'),
)
"""One JSON object a request. Query strings, cookies, referrers and credentials stay out."""


def http_block(spec: Spec) -> str:
    """Everything before the server blocks; `servers` closes the http block."""
    edge = spec.edge
    workers = edge.workers or "auto"
    fields = ",".join(f'"{name}":{value}' for name, value in ACCESS_LOG)
    client = duration_text(edge.client_timeout)
    return f"""\
# The edge of {spec.app.name} ({spec.environment}). Written by `uz render` from uz.toml.
# Paths: logs and temporary files are relative to nginx's -p, the rest to this file.
daemon off;
pid run/edge/nginx.pid;
error_log stderr warn;
worker_processes {workers};
worker_rlimit_nofile 16384;
worker_shutdown_timeout {duration_text(spec.app.stop_timeout)};

events {{
    worker_connections 4096;
}}

http {{
    # The access log: one JSON object a request, never a query string or a credential.
    log_format uz escape=json '{{{fields}}}';
    access_log logs/edge/access.log uz buffer=32k flush=1s;

    client_body_temp_path run/edge/body;
    proxy_temp_path run/edge/proxy;
    fastcgi_temp_path run/edge/fastcgi;
    uwsgi_temp_path run/edge/uwsgi;
    scgi_temp_path run/edge/scgi;

    include maps.conf;
    # Which release answers at which address; written when a release is activated.
    include ../../active/releases.conf;
{_trusted(spec)}
    default_type text/plain;
    server_tokens off;
    # Room for the longest domain names.
    server_names_hash_bucket_size 512;

    # A client that sends or reads too slowly is cut off.
    client_header_timeout {client};
    client_body_timeout {client};
    send_timeout {client};
    keepalive_timeout {duration_text(edge.keepalive_timeout)};
    reset_timedout_connection on;
    client_max_body_size {edge.body_limit};
    large_client_header_buffers 4 16k;

    # Limits for each client address; beyond them the answer is 429 with Retry-After.
    limit_req_zone $binary_remote_addr zone=requests:10m rate={edge.rate}r/s;
    limit_conn_zone $binary_remote_addr zone=connections:10m;
    limit_req zone=requests burst={edge.burst} nodelay;
    limit_conn connections {edge.connections_per_address};
    limit_req_status 429;
    limit_conn_status 429;

    # TLS: "intermediate" of https://ssl-config.mozilla.org/guidelines/5.7.json
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers {":".join(INTERMEDIATE_CIPHERS)};
    ssl_prefer_server_ciphers off;
    ssl_ecdh_curve X25519:prime256v1:secp384r1;
    ssl_session_cache shared:edge:10m;
    ssl_session_timeout 1d;
    ssl_session_tickets off;

    upstream app {{
        least_conn;
{_instances(spec)}
        keepalive 64;
        # Shorter than the 5 s after which uvicorn and Node close idle connections.
        keepalive_timeout 4s;
    }}
"""


INTERMEDIATE_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
"""Mozilla's intermediate list for TLS 1.2, without its two DHE ciphers, which need a parameter
file of their own and serve clients older than any that speaks ECDHE."""


def _trusted(spec: Spec) -> str:
    if not spec.edge.trusted_proxies:
        return ""
    networks = "".join(
        f"    set_real_ip_from {network};\n" for network in spec.edge.trusted_proxies
    )
    return (
        "\n    # Load balancers in front of the edge, whose word on the client's address counts.\n"
        f"{networks}    real_ip_header X-Forwarded-For;\n    real_ip_recursive on;\n"
    )


def _instances(spec: Spec) -> str:
    """The instances. None is ever passed over for a time: on one machine a refused connection costs
    nothing, while an instance still shunned when the next one restarts costs users an answer."""
    return "\n".join(
        f"        server 127.0.0.1:{spec.ports.web(number)} max_fails=0;"
        for number in range(1, spec.app.instances + 1)
    )
