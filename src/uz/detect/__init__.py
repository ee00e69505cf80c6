"""Looks at a repository without running it, and writes a `uz.toml` that it can justify."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from uz.detect.accept import refusal
from uz.detect.apps import apps
from uz.detect.data import data
from uz.detect.declared import declared_web
from uz.detect.finding import Detection, Finding, Remark, Seen, Topic, shown
from uz.detect.identity import identity
from uz.detect.node import node_command, node_steps
from uz.detect.packages import node_packages, python_folder, python_packages
from uz.detect.python import python_command, python_steps
from uz.detect.repository import Repository, scan
from uz.detect.routes import health_route
from uz.detect.variables import variables
from uz.detect.workers import workers
from uz.detect.write import uz_toml

__all__ = ["Detection", "Finding", "Remark", "Topic", "detect", "uz_toml"]

LONGEST_TEXT = 400
IN_NODE = {"node", "npm", "npx", "next", "yarn", "pnpm", "bun", "tsx", "ts-node", "nest"}
NO_SERVER = Remark(
    Topic.MISSING, "a web server: no app in Python or Node was recognised", about="app.command"
)


def detect(folder: Path) -> Detection:
    """Look at a repository. Raises MachineError where there is no such folder."""
    repository = scan(folder)
    seen = tuple(_acceptable(dict.fromkeys(_seen(repository))))
    return Detection(
        findings=tuple(one for one in seen if isinstance(one, Finding)),
        remarks=tuple(one for one in seen if isinstance(one, Remark)),
        unread=tuple(shown(f"{path}: {why}") for path, why in sorted(repository.unread.items())),
        files=len(repository.paths),
    )


def _seen(repository: Repository) -> Iterator[Seen]:
    found = apps(repository)
    folder = python_folder(repository, found[0].path if found else "pyproject.toml")
    packages = node_packages(repository) | python_packages(repository, folder)
    yield from identity(repository)
    declared = tuple(declared_web(repository))
    started = (*declared, *python_command(repository, found), *node_command(repository))
    commands = [one for one in started if isinstance(one, Finding) and one.key == "app.command"]
    commands.sort(key=lambda one: not one.sure)
    yield from commands
    yield from (one for one in started if one not in commands)
    if not any(one.about == "app.command" for one in started if isinstance(one, Remark)):
        yield from () if commands else (NO_SERVER,)
    yield from python_steps(repository, found)
    yield from node_steps(repository, served=_runs_node(commands))
    yield from health_route(repository)
    yield from variables(repository)
    yield from workers(repository, packages)
    yield from data(repository, packages)


def _runs_node(commands: list[Finding]) -> bool:
    return bool(commands) and commands[0].value.split()[0] in IN_NODE


def _acceptable(seen: Iterable[Seen]) -> Iterator[Seen]:
    """Everything the spec takes, each value once, made safe to show; the rest becomes a remark."""
    known: set[tuple[str, str]] = set()
    for one in seen:
        if isinstance(one, Remark):
            fits = not refusal(Finding("app.command", one.suggestion, ""))
            suggestion = one.suggestion if fits else ""
            yield replace(one, text=shown(one.text, LONGEST_TEXT), suggestion=suggestion)
        elif (one.key, one.value) not in known:
            known.add((one.key, one.value))
            yield _checked(one)


def _checked(finding: Finding) -> Seen:
    why = refusal(finding)
    if not why:
        return replace(finding, because=shown(finding.because, LONGEST_TEXT))
    text = f"{finding.because}: {shown(finding.value, 60)}: {why}"
    return Remark(Topic.REFUSED, shown(text, LONGEST_TEXT), about=finding.key)
