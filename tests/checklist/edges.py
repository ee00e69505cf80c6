"""An environment in memory whose edge is real: TLS and plain HTTP servers on loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.servers import Answering, Certified, Reply, serving

from uz.environment import Listening
from uz.spec import Spec
from uz.targets.local.listeners import listeners as kernel_listeners
from uz.testing import FakeEnvironment, spec

NAME, ALIAS = "shop.example", "www.shop.example"
TWO_YEARS = "max-age=63072000"


def redirect(method: str, host: str, path: str) -> Reply:  # noqa: ARG001
    """Send users to HTTPS, as the edge does over plain HTTP."""
    return Reply(301, {"Location": f"https://{host}:{{https}}{path}"})


def app(method: str, host: str, path: str) -> Reply:  # noqa: ARG001
    """Answer with HSTS; there are a page, missing ones and some that are too long."""
    status = 414 if len(path) > 8000 else 404 if path != "/" else 200
    return Reply(status, {"Strict-Transport-Security": TWO_YEARS})


class Edge(FakeEnvironment):
    """Serves another certificate while one is reissued."""

    def __init__(self, of: Spec, certified: Certified) -> None:
        super().__init__(of)
        self.certified = certified
        self.certificate = certified.authority

    @contextmanager
    def reissued(self, name: str, *, days: int) -> Iterator[None]:
        """Serve it, and afterwards the right one."""
        with super().reissued(name, days=days):
            self.certified.serve(name, days=days)
            try:
                yield
            finally:
                self.certified.serve(*self.spec.domains, days=90)

    def listeners(self) -> tuple[Listening, ...]:
        """Those in memory, and what really listens on the ports of this environment."""
        base = self.spec.ports.base
        own = range(base, base + 1000)
        real = (one for one in kernel_listeners({}) if one.address.port in own)
        return (*super().listeners(), *real)


Edges = Callable[..., Edge]


@contextmanager
def edges(folder: Path, base: int) -> Iterator[Edges]:
    """Make edges that answer as told, on the ports of a Spec with this base."""
    with ExitStack() as servers:

        def make(
            plain: Answering = redirect,
            secure: Answering = app,
            *,
            names: tuple[str, ...] = (NAME,),
            days: int = 90,
            kind: str = "rehearsal",
        ) -> Edge:
            certified = Certified(folder, *names, days=days)
            https = servers.enter_context(serving(secure, certified.context))

            def answering(method: str, host: str, path: str) -> Reply:
                reply = plain(method, host, path)
                headers = {name: text.format(https=https) for name, text in reply.headers.items()}
                return Reply(reply.status, headers, reply.body)

            http = servers.enter_context(serving(answering))
            made = spec(
                "trial",
                kind=kind,
                app={"aliases": list(names[1:])},
                edge={"http_port": http, "https_port": https},
                environments={"trial": {"network": {"port_base": base}}},
            )
            return Edge(made, certified)

        yield make
