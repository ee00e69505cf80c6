"""Looks at a repository without running it, and writes a `uz.toml` that it can justify."""

from collections.abc import Iterable, Iterator
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
from uz.detect.workers import workers
from uz.detect.write import uz_toml

__all__ = ["Detection", "Finding", "Remark", "Topic", "detect", "uz_toml"]


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
    python = tuple(python_command(repository, found))
    node = tuple(node_command(repository))
    yield from _ordered(declared, python, node)
    in_python = any(isinstance(seen, Finding) for seen in python)
    in_node = any(isinstance(seen, Finding) and seen.key == "app.command" for seen in node)
    yield from python_steps(repository, found)
    yield from node_steps(repository, served=in_node and not in_python)
    yield from health_route(repository)
    yield from workers(repository, packages)
    yield from data(repository, packages)


def _ordered(
    declared: tuple[Seen, ...], python: tuple[Seen, ...], node: tuple[Seen, ...]
) -> Iterator[Seen]:
    """Commands in the order of their weight: declared and understood, from the source, declared."""
    commands = [one for one in (*declared, *python, *node) if isinstance(one, Finding)]
    yield from sorted(
        commands, key=lambda one: 0 if one in declared and one.sure else 2 if one in node else 1
    )
    yield from (one for one in (*declared, *python, *node) if isinstance(one, Remark))
    if not commands:
        yield Remark(Topic.MISSING, "a web server: no app in Python or Node was recognised")


def _acceptable(seen: Iterable[Seen]) -> Iterator[Seen]:
    """Everything the spec takes; the rest becomes a remark."""
    for one in seen:
        why = refusal(one) if isinstance(one, Finding) else ""
        if isinstance(one, Finding) and why:
            text = f"{one.because}: {shown(one.value, 60)}: {why}"
            yield Remark(Topic.REFUSED, shown(text, 300), about=one.key)
        else:
            yield one
