"""A Node app: its start command and its build, from `package.json` and its lock."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from uz.detect.commands import taken_apart
from uz.detect.declared import settings
from uz.detect.finding import Finding, Remark, Seen, Topic, at
from uz.detect.listening import listening
from uz.detect.packages import line_of, node_packages, table_at
from uz.detect.repository import Repository

FILE = "package.json"
CLEAN = {
    "package-lock.json": ("npm", "npm ci"),
    "npm-shrinkwrap.json": ("npm", "npm ci"),
    "pnpm-lock.yaml": ("pnpm", "pnpm install --frozen-lockfile"),
    "yarn.lock": ("yarn", "yarn install --frozen-lockfile"),
    "bun.lock": ("bun", "bun install --frozen-lockfile"),
    "bun.lockb": ("bun", "bun install --frozen-lockfile"),
}
"""Locks: the program that reads each, and how it installs exactly what the lock says."""
NEXT_CONFIG = ("next.config.js", "next.config.mjs", "next.config.ts")
READS_NODE_ENV = ("express", "next", "koa", "react-dom")


@dataclass(frozen=True)
class Package:
    """The top `package.json`."""

    scripts: dict[str, Any]
    needs: dict[str, str]
    text: str

    def script(self, name: str) -> str:
        """A script's command line; empty where there is none."""
        value = self.scripts.get(name)
        return value.strip() if isinstance(value, str) else ""

    def place(self, name: str) -> str:
        """Where a script stands."""
        return at(FILE, line_of(self.text, rf'"{re.escape(name)}"\s*:'), f'"{name}"')


def package(repository: Repository) -> Package:
    """Read the top `package.json`; empty where there is none."""
    scripts = table_at(repository.json(FILE), "scripts")
    return Package(scripts, node_packages(repository), repository.text(FILE))


def node_command(repository: Repository) -> Iterator[Seen]:
    """How the server is started, where there is one, and the settings that it reads."""
    found = package(repository)
    started = tuple(_started(repository, found))
    yield from started
    if not any(isinstance(one, Finding) for one in started):
        return
    for name in READS_NODE_ENV:
        if name in found.needs:
            yield Finding("app.env.NODE_ENV", "production", f"{found.needs[name]} reads NODE_ENV")
            break
    yield from listening(repository)


def node_steps(repository: Repository, served: bool) -> Iterator[Seen]:
    """The build: for a server in Node, or for the assets of an app in another language."""
    found = package(repository)
    if not (served or found.script("build")):
        return
    lock = next((name for name in CLEAN if name in repository), "")
    program, install = CLEAN.get(lock, ("npm", "npm install"))
    if not lock:
        yield Remark(
            Topic.CHANGE, f"{FILE} has no lock file: two builds may differ", about="app.build"
        )
    if program == "yarn" and ".yarnrc.yml" in repository:
        install = "yarn install --immutable"
    yield Finding("app.build", install, lock or FILE)
    if "@prisma/client" in found.needs and not _generates(found):
        place = found.needs["@prisma/client"]
        yield Finding("app.build", "npx --no-install prisma generate", place)
    if found.script("build"):
        yield Finding("app.build", f"{program} run build", found.place("build"))
    if served and _standalone(repository):
        for folder in (".next/static", *(("public",) if "public" in repository.folders else ())):
            to = f".next/standalone/{folder}"
            yield Finding("app.build", f"cp -r {folder} {to}", "next.config: output standalone")


def _started(repository: Repository, found: Package) -> Iterator[Seen]:
    start = found.script("start")
    if "next" in found.needs and (standalone := _standalone(repository)):
        yield Finding("app.command", "node .next/standalone/server.js", standalone, sure=False)
        yield Finding("app.env.HOSTNAME", "127.0.0.1", f"{standalone}: its server reads HOSTNAME")
    elif start:
        yield from _from_start(found, start)
    elif "next" in found.needs:
        command = taken_apart("next start").command
        yield Finding("app.command", command, found.needs["next"], sure=False)
    elif found.needs and "server.js" in repository:
        yield Finding("app.command", "node server.js", "server.js: what npm start runs", sure=False)


def _from_start(found: Package, start: str) -> Iterator[Seen]:
    place = found.place("start")
    command = taken_apart(start)
    if "development" in command.refused:
        yield Remark(Topic.MISSING, f"{place}: {command.refused}", about="app.command")
        return
    if command.refused or command.before or found.script("prestart"):
        yield Finding("app.command", "npm start", f"{place}: more than one command", sure=False)
        return
    yield Finding("app.command", command.command, place)
    yield from settings(command, FILE, place)


def _generates(found: Package) -> bool:
    return any("prisma generate" in found.script(name) for name in ("build", "postinstall"))


def _standalone(repository: Repository) -> str:
    for path in NEXT_CONFIG:
        line = line_of(repository.text(path), r"""(?m)^[ \t]*output\s*:\s*["']standalone["']""")
        if line:
            return at(path, line, "output: 'standalone'")
    return ""
