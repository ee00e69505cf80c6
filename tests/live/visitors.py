"""Users who come all the time, and remember every answer that they did not get."""

import http.client
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.live.stage import DOMAIN, Client, Stage, holds_within

GONE = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""How a kept connection is met that the other side has closed; `http.client` has its own of it."""


@dataclass
class Visitor:
    """One of them: reads and writes in turn. `keeps`: the connection, for many requests.

    Any server may close a kept connection at any time, as nginx does when it reads its files again,
    and a request may be on its way then. As browsers do, the visitor sends it again where no byte
    of an answer came; `met_closed` counts these.
    """

    client: Client
    keeps: bool
    answered: int = 0
    met_closed: int = 0
    failures: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Come until the end."""
        trust = self.client.context()
        connection: http.client.HTTPSConnection | None = None
        used = False
        while not self.ended.is_set():
            try:
                if connection is None:
                    connection, used = self._connected(trust), False
                self._visit(connection)
                used = True
            except (OSError, http.client.HTTPException) as error:
                if used and isinstance(error, GONE):
                    self.met_closed += 1
                else:
                    self.failures.append(repr(error))
                used = False
            if connection and (not self.keeps or not used or _closed(connection)):
                connection.close()
                connection = None
        if connection:
            connection.close()

    def _visit(self, connection: http.client.HTTPSConnection) -> None:
        method = ("GET", "POST")[self.answered % 2]
        connection.request(method, "/visit", b"x" if method == "POST" else None)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == 200:
            self.answered += 1
        else:
            self.failures.append(f"{method}: {answer.status} {text[:60]!r}")

    def _connected(self, trust: ssl.SSLContext) -> http.client.HTTPSConnection:
        made = http.client.HTTPSConnection(DOMAIN, self.client.https, timeout=15)
        plain = socket.create_connection(("127.0.0.1", self.client.https), 15)
        made.sock = trust.wrap_socket(plain, server_hostname=DOMAIN)
        return made


def _closed(connection: http.client.HTTPSConnection) -> bool:
    """Whether the other side has closed it, as clients look before they use one again."""
    return connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])


@dataclass
class Visitors:
    """All of them."""

    each: list[Visitor]

    @property
    def answered(self) -> int:
        """How many requests were answered as they should be."""
        return sum(one.answered for one in self.each)

    @property
    def met_closed(self) -> int:
        """How many met a connection that had just been closed, and were sent again."""
        return sum(one.met_closed for one in self.each)

    @property
    def failures(self) -> list[str]:
        """What went wrong."""
        return [text for one in self.each for text in one.failures]


@contextmanager
def visiting(stage: Stage, *, keep: int = 2, fresh: int = 2) -> Iterator[Visitors]:
    """Come while the block runs: some keep their connection, some take a new one each time."""
    client = stage.client()
    crowd = Visitors([Visitor(client, number < keep) for number in range(keep + fresh)])
    threads = [threading.Thread(target=one.run) for one in crowd.each]
    for thread in threads:
        thread.start()
    try:
        assert holds_within(60, lambda: crowd.answered >= 10), crowd.failures
        yield crowd
        before = crowd.answered
        assert holds_within(60, lambda: crowd.answered >= before + 10), crowd.failures
    finally:
        for one in crowd.each:
            one.ended.set()
        for thread in threads:
            thread.join(20)
