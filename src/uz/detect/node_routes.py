"""Health routes in Node: `app.get('/healthz', …)`, route objects and tables, Next's files."""

import re
from collections.abc import Iterator

from uz.detect import health
from uz.detect.finding import at
from uz.detect.health import Route
from uz.detect.javascript import scripts
from uz.detect.packages import node_packages
from uz.detect.repository import Repository

GET = re.compile(r"""\b(\w+)\s*\.\s*(?:get|all)\s*\(\s*(["'`])(/[^"'`\n]{0,100})\2\s*,""")
OBJECT = re.compile(
    r"""\b(\w+)\.route\s*\(\s*\{\s*method:\s*["']GET["'],\s*url:\s*(["'])(/[^"'\n]{0,100})\2"""
)
PLAIN = (
    re.compile(r"""(["'`])GET (/[^"'`\s]{0,100})\1"""),
    re.compile(r"""\b(?:url|path|pathname)\s*={2,3}\s*(["'`])(/[^"'`\s]{0,100})\1"""),
)
"""What stands where a server of Node's own finds its routes by hand."""
NEXT = re.compile(r"(?:src/)?(?:app/(.+)/route|pages/(api/.+?)(?:/index)?)\.[cm]?[jt]s")


def node_routes(repository: Repository) -> Iterator[Route]:
    """The routes of a Node app that speak of its health."""
    for script in scripts(repository, health.MENTIONED.pattern):
        servers, routers = script.servers(), script.routers()
        for pattern in (GET, OBJECT):
            for found in pattern.finditer(script.text):
                place = at(script.path, script.line(found.start()), found[0].rstrip(", ") + "…")
                if found[1] in servers:
                    yield from health.route(found[3], place)
                elif found[1] in routers:
                    place += "; what the router hangs below was not looked for"
                    yield from health.route(found[3], place, sure=False)
    yield from _plain_routes(repository)
    if "next" in node_packages(repository):
        for path in repository.ending(".ts", ".js"):
            match = NEXT.fullmatch(path)
            if match:
                parts = [p for p in (match[1] or match[2]).split("/") if not p.startswith("(")]
                yield from health.route("/" + "/".join(parts), f"{path}: the file is the route")


def _plain_routes(repository: Repository) -> Iterator[Route]:
    plain = any(
        made.endswith("createServer")
        for script in scripts(repository, r"\bcreateServer\b")
        for made in script.servers().values()
    )
    for pattern in PLAIN if plain else ():
        for script in scripts(repository, health.MENTIONED.pattern):
            for found in pattern.finditer(script.text):
                place = at(script.path, script.line(found.start()), found[0])
                yield from health.route(found[2], place)
