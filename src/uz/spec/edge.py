"""The `[edge]` table: the reverse proxy that users meet."""

from datetime import timedelta

from pydantic import Field, model_validator

from uz.spec.table import Table
from uz.spec.values import Count, Duration, FilePath, HeaderValue, KeyFile, Network, Port, Size


class Edge(Table):
    """TLS, redirects, headers, limits and timeouts. The defaults are right for production."""

    http_port: Port | None = None
    """Port that only redirects to HTTPS. Default: 80 in production, port base + 80 elsewhere."""
    https_port: Port | None = None
    """Port that serves users. Default: 443 in production, port base + 443 elsewhere."""
    certificate: FilePath | None = None
    """PEM file with the certificate and its chain. Without it Uz runs a local CA, which browsers
    do not trust."""
    certificate_key: KeyFile | None = None
    """The certificate's private key: a reference to it in the secrets manager, or a PEM file."""
    hsts_max_age: Duration = timedelta(days=730)
    """How long browsers remember to use HTTPS only (two years, as Mozilla recommends)."""
    hsts_include_subdomains: bool = False
    """Whether HSTS also covers every subdomain. Hard to take back."""
    hsts_preload: bool = False
    """Whether to ask for the browsers' preload list. Very hard to take back."""
    content_security_policy: HeaderValue | None = None
    """Sent as `Content-Security-Policy` where the app has none of its own. Depends on the app, so
    there is no default."""
    frame_options: HeaderValue = "DENY"
    """Sent as `X-Frame-Options`."""
    referrer_policy: HeaderValue = "strict-origin-when-cross-origin"
    """Sent as `Referrer-Policy`."""
    body_limit: Size = 10 * 2**20
    """Largest request body; beyond it the answer is 413."""
    client_timeout: Duration = timedelta(seconds=15)
    """How long a client may pause while it sends a request, or reads the answer."""
    keepalive_timeout: Duration = timedelta(seconds=65)
    """How long an idle client connection stays open."""
    upstream_timeout: Duration = timedelta(seconds=60)
    """How long an instance may pause before the answer is 504."""
    rate: Count = 50
    """Requests a second that one client address may make in the long run."""
    burst: Count = 100
    """Requests above the rate that are still let through at once; beyond it the answer is 429."""
    connections_per_address: int = Field(default=100, ge=1, le=65535, strict=True)
    """Connections that one client address may hold at the same time."""
    trusted_proxies: tuple[Network, ...] = ()
    """Networks of load balancers in front of the edge, whose X-Forwarded-For is believed."""
    workers: int = Field(default=0, ge=0, le=64, strict=True)
    """Worker processes of the edge; 0 means one for each core."""

    @model_validator(mode="after")
    def _pair(self) -> "Edge":
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key are given together or not at all")
        return self
