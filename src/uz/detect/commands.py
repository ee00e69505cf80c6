"""Commands as the spec wants them: one program, no shell, and listening on 127.0.0.1:$PORT."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from uz.detect.apps import App
from uz.detect.packages import Packages

HERE = ("--host", "127.0.0.1", "--port", "$PORT")
SERVERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "uvicorn": (("--host", "--port", "--uds", "--fd"), HERE),
    "gunicorn": (("-b", "--bind"), ("--bind", "127.0.0.1:$PORT")),
    "hypercorn": (("-b", "--bind"), ("--bind", "127.0.0.1:$PORT")),
    "granian": (("--host", "--port", "--uds"), HERE),
    "daphne": (("-b", "--bind", "-p", "--port", "-u"), ("-b", "127.0.0.1", "-p", "$PORT")),
    "waitress-serve": (("--listen", "--host", "--port"), ("--listen=127.0.0.1:$PORT",)),
    "next": (
        ("-H", "--hostname", "-p", "--port"),
        ("--hostname", "127.0.0.1", "--port", "$PORT"),
    ),
}
"""Servers whose address can be given on the command line: the options, and ours in their place."""
PACKAGES = {"waitress-serve": "waitress"}
FOR_DEVELOPMENT = re.compile(
    r"(?<![\w:-])(?:runserver(?:_plus)?|flask (?:.* )?run|fastapi dev|next dev|nodemon|vite"
    r"|ts-node-dev|tsx watch|react-scripts|webpack(?:-dev-server| serve)|ng serve|nest start$"
    r"|--reload|--watch)(?!\w)"
)
LONGEST = 1000
WRAPPERS = (("exec",), ("poetry", "run"), ("pipenv", "run"), ("uv", "run"), ("npx",),
            ("cross-env",), ("env",))  # fmt: skip
SECRET = re.compile(r"SECRET|TOKEN|PASSW|KEY|CREDENTIAL|DSN|_URL|_URI|AUTH")


@dataclass(frozen=True)
class Declared:
    """A command line from the repository, taken apart: what can be used of it, or why nothing."""

    command: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    program: str = ""
    bound: bool = False
    before: str = ""
    refused: str = ""


def taken_apart(line: str) -> Declared:
    """Read a command line that was written for a shell; only simple ones can be used."""
    if len(line) > LONGEST:
        return Declared(refused="it is very long: put it into a script")
    *before, last = re.split(r"&&|;", line)
    text = re.sub(r"\$\{PORT:-\d+\}|\$\{PORT\}", "$PORT", last).strip()
    try:
        words = shlex.split(text)
    except ValueError:
        return Declared(refused="its quoting is broken")
    settings, words = _settings(words)
    if not words:
        return Declared(refused="there is no program in it")
    if any(mark in word for word in words for mark in ("$(", "`", "|", "&", ">", "<")):
        return Declared(refused="it uses a shell's syntax: put it into a script")
    if FOR_DEVELOPMENT.search(" ".join(words)):
        return Declared(refused="it starts a development server")
    program = _server_in(words)
    if program:
        words = _at_our_address(words, program)
    return Declared(joined(words), tuple(settings), program or words[0], bool(program),
                    "; ".join(part.strip() for part in before))  # fmt: skip


def _settings(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Variables set before the program, and the program without what only wraps it."""
    settings: list[tuple[str, str]] = []
    while words:
        wrapper = next((w for w in WRAPPERS if tuple(words[: len(w)]) == w), ())
        if wrapper:
            words = words[len(wrapper) :]
        elif re.fullmatch(r"[A-Za-z_]\w*=.*", words[0], re.DOTALL):
            name, _, value = words[0].partition("=")
            settings.append((name, value))
            words = words[1:]
        else:
            break
    return settings, words


def served_by(app: App, server: str) -> tuple[str, ...] | None:
    """How a server is told to serve an app; None where it cannot."""
    target = f"{app.module}:{app.name}"
    if server == "uvicorn" and app.interface == "asgi":
        root = ("--app-dir", app.root) if app.root else ()
        return ("uvicorn", *root, target, *(("--factory",) if app.factory else ()), *HERE)
    if server == "gunicorn" and app.interface == "wsgi":
        root = ("--pythonpath", app.root) if app.root else ()
        return ("gunicorn", *root, *SERVERS[server][1], target + ("()" if app.factory else ""))
    if app.root or app.factory:
        return None
    if server == "hypercorn" and app.interface == "asgi":
        return (server, *SERVERS[server][1], target)
    if server == "granian" and app.interface == "asgi":
        return (server, "--interface", "asgi", *HERE, target)
    if server == "daphne" and app.interface == "asgi":
        return (server, *SERVERS[server][1], target)
    if server == "waitress-serve" and app.interface == "wsgi":
        return (server, *SERVERS[server][1], target)
    return None


def serving(app: App, packages: Packages) -> tuple[str, str] | None:
    """The command that serves an app with a server it depends on, and the place that says so."""
    for server in SERVERS:
        place = packages.get(PACKAGES.get(server, server))
        words = served_by(app, server) if place else None
        if place and words:
            return joined(words), place
    return None


def joined(words: Sequence[str]) -> str:
    """Write words as one line; `$PORT` stays readable."""
    plain = re.compile(r"[\w@%+=:,./()$-]+", re.ASCII)
    return " ".join(w if plain.fullmatch(w) else shlex.quote(w) for w in words)


def _server_in(words: list[str]) -> str:
    if words[0] == "next":
        return "next" if words[1:2] == ["start"] else ""
    start = words[2:3] if words[1:2] == ["-m"] else words[:1]
    return next((name for name in start if name in SERVERS and name != "next"), "")


def _at_our_address(words: list[str], server: str) -> list[str]:
    """Replace the server's address options by ours."""
    options, ours = SERVERS[server]
    kept: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word in options:
            next(waiting, None)
        elif not any(_holds(word, option) for option in options):
            kept.append(word)
    return [*kept, *ours]


def _holds(word: str, option: str) -> bool:
    """Whether a word is an option with its value attached: `--bind=…`, `-b0.0.0.0:80`."""
    if option.startswith("--"):
        return word.startswith(f"{option}=")
    return word.startswith(option) and len(word) > 2
