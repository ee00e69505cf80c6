"""Item 4: TLS ends at the edge, and there is no way around it."""

import re
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from uz.checklist.item import Control, Experiment
from uz.environment import Address, Environment
from uz.evidence import Effect
from uz.shell import background
from uz.spec import Kind
from uz.stack import Role
from uz.verdict import Figure, Verdict, declared, proven, refuted, unknown
from uz.waiting import met

TIMEOUT = 5.0
PATHS = ("/", "/any/path?with=query", "/.well-known/anything")
METHODS = ("GET", "HEAD", "POST", "DELETE")
DAYS_LEFT = 7
"""A certificate that ends sooner is as good as expired: nobody renewed it in time."""


class TlsTerminated:
    """Users meet a valid certificate at the edge, and nothing answers them without TLS.

    Many stacks declare TLS and leave a second door: plain HTTP that still serves, or an instance
    that listens beside the proxy. So Uz dials the edge as a browser would and lets the chain be
    judged for the domain; asks over plain HTTP with several methods and paths and accepts nothing
    but a redirect to the same address over HTTPS; and dials every instance at every address the
    host has. A certificate of Uz's own CA is fine for a demonstration and at most `declared` for
    production, since no user's browser knows that CA.
    """

    id = "tls.terminated"
    line = "TLS ends at the reverse proxy or load balancer"
    fix = "Serve users only from the edge, with a certificate that their browsers know."
    needs: tuple[str, ...] = ()
    inputs = ("edge", "web")
    max_age = timedelta(days=1)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """Certificate, redirect, and the instances' isolation."""
        return (
            Experiment("certificate", Effect.PROBE, "the chain is valid for the domain", chain),
            Experiment("redirect", Effect.PROBE, "plain HTTP only redirects", only_redirects),
            Experiment(
                "no-way-around", Effect.PROBE, "instances answer to the edge only", enclosed
            ),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """One for each way that this is got wrong."""
        return (
            Control("wrong-name", "a certificate for another name", "certificate", wrong_name),
            Control("expired", "a certificate that has expired", "certificate", expired),
            Control("plain-http", "the app served without TLS", "redirect", plain_http),
            Control("open-instance", "an instance open to outside", "no-way-around", open_instance),
        )


def chain(env: Environment) -> Verdict:
    """Shake hands for each of the domain's names and let the chain be judged."""
    figures: dict[str, Figure] = {}
    left: list[int] = []
    for name in env.spec.domains:
        trusted = "system"
        problem = _shaken(env, name, None, figures)
        if problem and env.authority() is not None:
            trusted = "Uz's own CA"
            problem = _shaken(env, name, env.authority(), figures)
        figures["trusted_by"] = trusted
        if problem:
            return refuted(f"{name}: {problem}")
        left.append(int(figures["days_left"]))
    if not left:
        return unknown("no domain to try")
    return _judged(env, figures | {"days_left": min(left)})


def _shaken(env: Environment, name: str, authority: Path | None, figures: dict[str, Figure]) -> str:
    """Shake hands and note the figures; return why that was refused, or nothing.

    Raises ConnectionError or TimeoutError where nobody answers: that decides nothing.
    """
    try:
        figures |= _handshake(env, name, authority)
    except (ConnectionRefusedError, TimeoutError) as error:
        raise type(error)(f"{env.address('edge')}: {error.strerror or error}") from error
    except OSError as error:
        return _why(error)
    return ""


def _judged(env: Environment, figures: dict[str, Figure]) -> Verdict:
    names, left = len(env.spec.domains), int(figures["days_left"])
    said = f"chain valid for {names} name{'s' * (names > 1)}, {left} days left"
    if left < DAYS_LEFT:
        return refuted(f"the certificate ends in {left} days", **figures)
    if env.authority() is not None and env.stands_for is Kind.PRODUCTION:
        return declared(f"private CA: {said}, but no user's browser knows it", **figures)
    if env.authority() is not None:
        said += ", private CA"
    return proven(said, domains=env.failure_domains(), **figures)


def _handshake(env: Environment, name: str, authority: Path | None) -> dict[str, Figure]:
    context = ssl.create_default_context(cafile=None if authority is None else str(authority))
    address = env.address("edge")
    begun = time.monotonic()
    with (
        closing(socket.create_connection((address.host, address.port), timeout=TIMEOUT)) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        took = time.monotonic() - begun
        certificate = secured.getpeercert() or {}
        ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        left = datetime.fromtimestamp(ends, UTC) - datetime.now(UTC)
        return {
            "handshake_ms": round(took * 1000, 1),
            "protocol": secured.version() or "none",
            "days_left": left.days,
        }


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is refused: {error.verify_message}"
    return f"no TLS handshake: {error.strerror or error}"


def only_redirects(env: Environment) -> Verdict:
    """Ask over plain HTTP; accept nothing but a redirect to the same place over HTTPS."""
    asked = 0
    for name in env.spec.domains:
        for path in PATHS:
            for method in METHODS:
                problem = _redirect_problem(env, name, method, path)
                if problem:
                    return refuted(f"{method} http://{name}{path} {problem}")
                asked += 1
    return proven(
        f"{asked} of {asked} plain requests only redirected",
        domains=env.failure_domains(),
        plain_requests=asked,
    )


def _redirect_problem(env: Environment, name: str, method: str, path: str) -> str:
    ports = env.spec.ports
    connection = HTTPConnection(env.address("edge").host, ports.http, timeout=TIMEOUT)
    port = "" if ports.https == 443 else f":{ports.https}"
    try:
        connection.request(method, path, headers={"Host": name})
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException) as error:
        raise ConnectionError(f"http port {ports.http}: {error}") from error
    finally:
        connection.close()
    wanted, location = f"https://{name}{port}{path}", answer.getheader("Location", "")
    if answer.status not in {301, 308}:
        return f"is answered with {answer.status}, not a redirect"
    return "" if location == wanted else f"leads to {location}, not to {wanted}"


def enclosed(env: Environment) -> Verdict:
    """Look where the instances listen, and dial them at every address of the host."""
    instances = env.instances(Role.WEB)
    if not instances:
        return unknown("there is no instance to try")
    ports = {env.address(name).port: name for name in instances}
    found = [one for one in env.listeners() if one.address.port in ports]
    listening = {one.address.port for one in found}
    unseen = sorted(name for port, name in ports.items() if port not in listening)
    if unseen:
        return unknown(f"{', '.join(unseen)} is not among the kernel's listeners")
    for one in found:
        if not one.loopback:
            return refuted(f"{ports[one.address.port]} listens on {one.address}, beside the edge")
    dialled = 0
    for host in env.outside_addresses():
        for port, name in ports.items():
            dialled += 1
            if _answers(Address(host, port)):
                return refuted(f"{name} answers at {Address(host, port)}, beside the edge")
    return proven(
        f"{len(instances)} instances on loopback only, {dialled} ways from outside refused",
        domains=env.failure_domains(),
        instances=len(instances),
        dialled=dialled,
    )


def _answers(address: Address) -> bool:
    try:
        with closing(socket.create_connection((address.host, address.port), timeout=1.0)):
            return True
    except OSError:
        return False


def wrong_name(env: Environment) -> AbstractContextManager[None]:
    """Serve a certificate that is made for somebody else."""
    return env.reissued("elsewhere.invalid", days=30)


def expired(env: Environment) -> AbstractContextManager[None]:
    """Serve a certificate whose time is over."""
    return env.reissued(env.spec.app.domain, days=-1)


def plain_http(env: Environment) -> AbstractContextManager[None]:
    """Let the plain port hand requests to the app."""
    served = "location / { proxy_pass http://app; }"
    return env.amended(
        "edge/nginx.conf", lambda text: re.sub(r"return 301 [^;]*;", served, text, count=1)
    )


RELAY = """
import asyncio, socket, sys
host, port = sys.argv[1], int(sys.argv[2])

async def pour(source, sink):
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.close()

async def meet(reader, writer):
    source, sink = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(pour(reader, sink), pour(source, writer), return_exceptions=True)

async def serve():
    server = await asyncio.start_server(meet, host, port)
    await asyncio.wait_for(server.serve_forever(), 600)

asyncio.run(serve())
"""
"""Passes on what comes to an address from outside, and ends by itself after ten minutes."""


@contextmanager
def open_instance(env: Environment) -> Iterator[None]:
    """Let one instance be reached from outside, at the host's own address or over IPv6.

    By a relay beside it, since where an app listens is decided by the app.
    """
    port = env.address(env.instances(Role.WEB)[0]).port
    host = next(iter(env.outside_addresses()), "::")
    process = background([sys.executable, "-c", RELAY, host, str(port)])

    def waits() -> bool:
        return any(o.address.port == port and not o.loopback for o in env.listeners())

    try:
        if not met(waits, 10):
            raise ConnectionError(f"the relay does not listen on {Address(host, port)}")
        yield
    finally:
        process.kill()
        process.wait()
