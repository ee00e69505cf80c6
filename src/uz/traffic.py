"""Traffic as users make it: through the edge, over HTTPS, under the app's own name."""

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from uz.environment import Address

MOST_REQUESTS = 100_000


@dataclass(frozen=True)
class Answer:
    """One response, or the error that came instead (`status` 0). Seconds from the start."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    began: float
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether a user would call it an answer: anything but an error of the server."""
        return 0 < self.status < 500


class Visitor:
    """A client that dials `edge` whatever the domain resolves to, and trusts `authority`.

    Without an authority the system's trust store decides. One Visitor is used by one thread.
    """

    def __init__(
        self, edge: Address, domain: str, authority: Path | None = None, timeout: float = 10
    ) -> None:
        """Prepare the connection; nothing is sent yet. `timeout` in seconds, for each step."""
        self.domain = domain
        port = "" if edge.port == 443 else f":{edge.port}"
        self._headers = {"Host": f"{domain}{port}", "User-Agent": "uz-visitor"}
        context = ssl.create_default_context(cafile=None if authority is None else str(authority))
        self._pool = urllib3.HTTPSConnectionPool(
            edge.host,
            edge.port,
            ssl_context=context,
            server_hostname=domain,
            assert_hostname=domain,
            timeout=timeout,
            retries=False,
            maxsize=1,
        )

    def get(self, path: str, *, keep_alive: bool = True, method: str = "GET") -> Answer:
        """Ask for a path. Redirects are not followed; errors are answers with status 0."""
        headers = self._headers if keep_alive else {**self._headers, "Connection": "close"}
        began = time.monotonic()
        try:
            response = self._pool.request(method, path, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            return Answer(0, {}, b"", time.monotonic() - began, began, _reason(error))
        took = time.monotonic() - began
        found = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, found, response.data, took, began)

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


def _reason(error: Exception) -> str:
    inner = error.args[-1] if error.args else error
    return f"{type(inner).__name__}: {inner}"[:300]


@dataclass
class Observer:
    """Counts every request of bounded traffic that runs beside an experiment."""

    answers: list[Answer] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Requests sent, every one of them counted."""
        return len(self.answers)

    @property
    def failed(self) -> int:
        """Requests that a user would call failed: no answer, or a server's error."""
        return sum(not answer.ok for answer in self.answers)

    def longest_gap(self) -> float:
        """The longest time, in seconds, from a failed request to the next good answer."""
        gap, since = 0.0, None
        for answer in sorted(self.answers, key=lambda one: one.began):
            if not answer.ok:
                since = answer.began if since is None else since
            elif since is not None:
                gap, since = max(gap, answer.began + answer.seconds - since), None
        if since is not None:
            gap = max(gap, max(a.began + a.seconds for a in self.answers) - since)
        return gap


@contextmanager
def observed(
    edge: Address,
    domain: str,
    authority: Path | None,
    path: str = "/",
    *,
    rate: float = 20,
) -> Iterator[Observer]:
    """Send `rate` requests a second while the block runs: half of them on kept-alive connections,
    half on a new connection each. Ends with the block, and after 100,000 requests in any case."""
    observer, done, guard = Observer(), threading.Event(), threading.Lock()

    def visit(keep_alive: bool) -> None:
        visitor = Visitor(edge, domain, authority)
        begun = time.monotonic()
        for count in range(MOST_REQUESTS // 2):
            if done.wait(max(0.0, begun + count * 2 / rate - time.monotonic())):
                break
            answer = visitor.get(path, keep_alive=keep_alive)
            with guard:
                observer.answers.append(answer)
        visitor.close()

    threads = [threading.Thread(target=visit, args=(keep,), daemon=True) for keep in (True, False)]
    for thread in threads:
        thread.start()
    try:
        yield observer
    finally:
        done.set()
        for thread in threads:
            thread.join()
