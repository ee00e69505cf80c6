"""Start commands that the repository declares for others: Procfile, and the Dockerfile's CMD."""

import json
import re
from collections.abc import Iterator

from uz.detect.commands import SECRET, Declared, joined, taken_apart
from uz.detect.finding import Finding, Remark, Seen, Topic, at
from uz.detect.repository import Repository

PROCESS = re.compile(r"([A-Za-z0-9_-]+):\s*(.+)")
INSTRUCTION = re.compile(r"(?i)\s*(FROM|CMD|ENTRYPOINT)\s+(.+)")


def procfile(repository: Repository) -> Iterator[tuple[int, str, str]]:
    """The lines of the Procfile: number, process and command."""
    for number, line in enumerate(repository.text("Procfile").splitlines(), 1):
        found = PROCESS.fullmatch(line.strip())
        if found:
            yield number, found[1].lower(), found[2]


def declared_web(repository: Repository) -> Iterator[Seen]:
    """The web process, as the Procfile or else the Dockerfile declares it."""
    for number, name, line in procfile(repository):
        if name == "web":
            yield from understood(line, at("Procfile", number, "web"), "Procfile")
            return
    line, number = _docker_command(repository)
    if line:
        yield from understood(line, at("Dockerfile", number, "CMD"), "Dockerfile")


def understood(line: str, place: str, file: str) -> Iterator[Seen]:
    """What a declared command line says of the start command and the settings."""
    found = taken_apart(line)
    if found.refused:
        yield Remark(Topic.REFUSED, f"{place}: {found.refused}", about="app.command")
        return
    how = f" ({found.program} made to listen on 127.0.0.1:$PORT)" if found.bound else ""
    yield Finding("app.command", found.command, place + how, sure=found.bound and not found.before)
    if found.before:
        yield Remark(
            Topic.LATER, f"{place}: runs something before the server: {found.before}", "app.command"
        )
    if not found.bound and "$PORT" not in found.command:
        yield Remark(
            Topic.CHANGE,
            f"{place}: the address is not on the command line; the app must listen on"
            " 127.0.0.1 and the port in the variable PORT",
            about="app.command",
        )
    yield from settings(found, file, place)


def settings(found: Declared, file: str, place: str) -> Iterator[Seen]:
    """Variables that are set before the program; what looks like a secret is never copied."""
    for name, value in found.settings:
        if SECRET.search(name.upper()) or "$" in value:
            text = f"{place}: {name} is set there; its value was not copied from {file}"
            yield Remark(Topic.REFUSED, text, about=f"app.env.{name}")
        elif name not in {"PORT", "HOST", "HOSTNAME"}:
            yield Finding(f"app.env.{name}", value, f"{place}, set before the program")


def _docker_command(repository: Repository) -> tuple[str, int]:
    """The last stage's CMD; none where an ENTRYPOINT changes what it means."""
    line, place = "", 0
    for number, text in enumerate(repository.text("Dockerfile").splitlines(), 1):
        found = INSTRUCTION.fullmatch(text)
        kind = found[1].upper() if found else ""
        if kind == "FROM":
            line, place = "", 0
        elif kind == "ENTRYPOINT":
            return "", 0
        elif found and kind == "CMD":
            line, place = _as_line(found[2].strip()), number
    return line, place


def _as_line(text: str) -> str:
    if not text.startswith("["):
        return text
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return ""
    if len(words) == 3 and words[0] in {"sh", "/bin/sh", "bash"} and words[1] == "-c":
        return str(words[2])
    return joined(words)
