"""Where a Node server listens: on which address, and whether it reads the variable PORT."""

import re
from collections.abc import Iterator

from uz.detect.finding import Finding, Remark, Seen, Topic, at
from uz.detect.javascript import Script, scripts
from uz.detect.repository import Repository

CALL = re.compile(r"\b(\w+)\s*\.\s*listen\s*\(")
LONGEST_CALL = 400
LOOPBACK = re.compile(r"""["'`](?:127\.0\.0\.1|localhost|::1)["'`]""")
EVERYWHERE = re.compile(r"""["'`](?:0\.0\.0\.0|::)["'`]""")
VARIABLE = re.compile(r"process\.env(?:\.|\[[\"'])(HOST|HOSTNAME|ADDRESS|BIND_ADDRESS)\b")
PORT = re.compile(r"process\.env(?:\.|\[[\"'])PORT\b|\bPORT\b.{0,40}=\s*process\.env|env\.PORT\b")


def listening(repository: Repository) -> Iterator[Seen]:
    """The first server that listens: what it does about the address and the port."""
    for script in scripts(repository, r"\.\s*listen\s*\("):
        servers = script.servers()
        for found in CALL.finditer(script.text):
            if found[1] in servers:
                yield from _judged(script, found, servers[found[1]])
                return


def _judged(script: Script, found: re.Match[str], made_by: str) -> Iterator[Seen]:
    arguments = _arguments(script.text, found.end())
    place = at(script.path, script.line(found.start()), f"{found[1]}.listen(…)")
    if not PORT.search(script.text):
        yield Remark(
            Topic.CHANGE,
            f"{place} does not read the variable PORT: two instances cannot share one fixed port",
            about="app.command",
        )
    variable = VARIABLE.search(arguments)
    if not variable and re.search(r"(?i)\bhost", arguments):
        variable = VARIABLE.search(script.text)
    if variable:
        yield Finding(f"app.env.{variable[1]}", "127.0.0.1", f"{place} reads {variable[1]}")
    elif LOOPBACK.search(arguments):
        return
    elif made_by.lower() != "fastify" or EVERYWHERE.search(arguments):
        yield Remark(
            Topic.CHANGE,
            f"{place} listens on all addresses: give it the host '127.0.0.1', so that only the"
            " edge reaches it",
            about="app.command",
        )


def _arguments(text: str, begin: int) -> str:
    """What stands between the parentheses of a call."""
    depth = 1
    for position in range(begin, min(len(text), begin + LONGEST_CALL)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return text[begin:position]
    return text[begin : begin + LONGEST_CALL]
