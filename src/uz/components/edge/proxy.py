"""What the edge tells the web instances about a request, and when it tries another one."""

from uz.spec import Spec
from uz.spec.values import duration_text


def proxy_settings(spec: Spec) -> str:
    """Included in the location that hands requests to the app."""
    port = "" if spec.ports.https == 443 else f":{spec.ports.https}"
    upstream = duration_text(spec.edge.upstream_timeout)
    chain = "$proxy_add_x_forwarded_for" if spec.edge.trusted_proxies else "$remote_addr"
    return f"""\
# How a request reaches a web instance.
proxy_pass http://app;
proxy_http_version 1.1;

proxy_set_header Host $host{port};
proxy_set_header Connection $uz_connection;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Proxy "";
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For {chain};
proxy_set_header X-Forwarded-Host $host{port};
proxy_set_header X-Forwarded-Port {spec.ports.https};
proxy_set_header X-Forwarded-Proto https;
proxy_set_header X-Request-ID $request_id;
proxy_set_header traceparent $uz_traceparent;

# The edge alone decides on these.
proxy_hide_header Strict-Transport-Security;
proxy_hide_header X-Request-ID;
proxy_hide_header X-Powered-By;

# An instance that cannot be reached is passed over; nothing that may have been done is repeated.
proxy_connect_timeout 2s;
proxy_send_timeout {upstream};
proxy_read_timeout {upstream};
proxy_next_upstream error timeout;
proxy_next_upstream_tries 3;
proxy_next_upstream_timeout 10s;
"""
