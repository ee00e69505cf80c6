"""Headers that the edge adds, and the maps that decide them."""

from uz.spec import Spec

OWN_WINS = {
    "Content-Security-Policy": "content_security_policy",
    "X-Frame-Options": "frame_options",
    "Referrer-Policy": "referrer_policy",
    "X-Content-Type-Options": "",
}
"""Security headers where the app's own value wins, and the key of `[edge]` they come from."""

TRACE = """\
# Path without the query string, which may hold credentials.
map $request_uri $uz_path {
    default $uri;
    "~^(?<uz_bare_path>[^?]*)" $uz_bare_path;
}

# W3C trace context: a valid traceparent of the client goes on, else a new one begins here.
map $request_id $uz_span_id {
    default 0000000000000001;
    "~^(?<uz_half>.{16})" $uz_half;
}
map $http_traceparent $uz_traceparent {
    default "00-$request_id-$uz_span_id-01";
    "~^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$" $http_traceparent;
}
map $uz_traceparent $uz_trace_id {
    default "";
    "~^00-(?<uz_trace>[0-9a-f]{32})" $uz_trace;
}

map $http_upgrade $uz_connection {
    default upgrade;
    "" "";
}
"""


def _variable(header: str) -> str:
    return header.lower().replace("-", "_")


def _value(spec: Spec, key: str) -> str:
    return "nosniff" if not key else getattr(spec.edge, key) or ""


def header_maps(spec: Spec) -> str:
    """Variables for tracing, and for headers that the app may set itself."""
    maps = [
        f"map $upstream_http_{_variable(header)} $uz_{_variable(header)} {{\n"
        f'    default "";\n    "" "{_value(spec, key)}";\n}}\n'
        for header, key in OWN_WINS.items()
    ]
    note = "\n# Headers that the edge adds only where the app has none of its own.\n"
    return TRACE + note + "\n".join(maps)


def hsts(spec: Spec) -> str:
    """The value of Strict-Transport-Security."""
    parts = [f"max-age={int(spec.edge.hsts_max_age.total_seconds())}"]
    if spec.edge.hsts_include_subdomains:
        parts.append("includeSubDomains")
    if spec.edge.hsts_preload:
        parts.append("preload")
    return "; ".join(parts)


def security_headers(spec: Spec) -> str:
    """Included wherever the edge answers over TLS: nginx forgets them in nested blocks."""
    added = "".join(f"add_header {header} $uz_{_variable(header)} always;\n" for header in OWN_WINS)
    return (
        "# Sent with every answer over TLS, errors included.\n"
        f'add_header Strict-Transport-Security "{hsts(spec)}" always;\n'
        f"add_header X-Request-ID $request_id always;\n{added}"
    )
