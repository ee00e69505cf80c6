"""Whether the app's own traffic draws errors about prepared statements, by the server's log.

In transaction mode the next statement of a client may come to another connection of the server. A
PgBouncer that does not follow prepared statements then asks a server for one that it never saw.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from uz.checklist.pooling.pooler import backends, now
from uz.environment import Environment
from uz.psql import ask, nodes, primary
from uz.traffic import Visitor
from uz.verdict import Figure, Verdict, proven, refuted, unknown
from uz.waiting import met

VISITORS = 6
REQUESTS = 50
"""Of each visitor, by turns for the app's health and its first page. psycopg prepares what a
connection sends for the sixth time."""
LINES = 100_000
WRITTEN = 5.0
"""Seconds in which a line has to be in the server's log."""
ERRORS = re.compile(
    r"app@app ERROR:  ((?:unnamed )?prepared statement (?:\"[^\"]*\" )?"
    r"(?:does not exist|already exists))"
)
MARK = re.compile(r"LOG:  uz-proof (\w+) (begins|ends)$")


def app_statements(env: Environment) -> Verdict:
    """Have the app answer many requests at once, and read what the server complained about."""
    server = primary(env)
    began = now(env, server)
    failed = visit(env)
    busy = backends(env, server, f"query_start > '{began}'")
    seen = complaints(env)
    if seen is None:
        return unknown(f"the log of {server} does not show what it was told to write")
    return traffic_verdict(env, busy, failed, seen)


def paths(env: Environment) -> tuple[str, ...]:
    """What is asked for: what shows the app's health, and its first page."""
    return tuple(dict.fromkeys((env.spec.app.health, "/")))


def visit(env: Environment) -> int:
    """Ask for pages with several connections at once; return how many asked in vain."""
    asked = paths(env)

    def one(_number: int) -> int:
        visitor = Visitor(env.address("edge"), env.spec.app.domain, env.authority())
        try:
            return sum(not visitor.get(asked[n % len(asked)]).ok for n in range(REQUESTS))
        finally:
            visitor.close()

    with ThreadPoolExecutor(VISITORS) as visitors:
        return sum(visitors.map(one, range(VISITORS)))


def traffic_verdict(env: Environment, busy: int, failed: int, seen: tuple[str, ...]) -> Verdict:
    """No complaint, of an app that did use the database."""
    sent = VISITORS * REQUESTS
    figures: dict[str, Figure] = {
        "requests": sent,
        "requests_failed": failed,
        "busy_connections": busy,
        "complaints": len(seen),
    }
    if seen:
        return refuted(
            f"the app uses prepared statements that PgBouncer does not follow: {seen[-1]}"
            f" ({len(seen)} times in the server's log)",
            **figures,
        )
    if failed == sent:
        return unknown(f"not one of {sent} requests was answered", **figures)
    if not busy:
        return unknown(
            f"{sent} requests for {' and '.join(paths(env))} sent nothing to the database, so"
            " nothing was seen of how the app uses it: let app.health ask the database",
            **figures,
        )
    return proven(
        f"{sent} requests drew no error about prepared statements over {busy}"
        f" connection{'s' * (busy > 1)}",
        domains=(),
        **figures,
    )


def complaints(env: Environment) -> tuple[str, ...] | None:
    """What the servers' logs say of prepared statements; None where a log cannot be read."""
    token = secrets.token_hex(6)
    server = primary(env)
    mark(env, server, token, "looks")
    if not met(lambda: any(f"{token} looks" in one for one in env.logs(server, LINES)), WRITTEN):
        return None
    return tuple(one for node in nodes(env) for one in errors(env.logs(node, LINES)))


def errors(lines: Iterable[str]) -> tuple[str, ...]:
    """The errors in a log about prepared statements, but for those between two marks of Uz: these
    it drew itself. Marks that were never closed hide nothing."""
    closed: list[str] = []
    pending: list[str] = []
    opened = ""
    for line in lines:
        if found := MARK.search(line):
            if found[2] == "begins":
                closed, pending, opened = closed + pending, [], found[1]
            elif found[1] == opened:
                pending, opened = [], ""
        elif complaint := ERRORS.search(line):
            (pending if opened else closed).append(complaint[1])
    return (*closed, *pending)


def mark(env: Environment, server: str, token: str, what: str) -> None:
    """Write a mark into a server's log."""
    ask(env, server, f"DO $$ BEGIN RAISE LOG 'uz-proof {token} {what}'; END $$")


@contextmanager
def own_doing(env: Environment) -> Iterator[None]:
    """Errors that the server logs inside the block do not count once it is left."""
    token, server = secrets.token_hex(6), primary(env)
    mark(env, server, token, "begins")
    try:
        yield
    finally:
        mark(env, server, token, "ends")
