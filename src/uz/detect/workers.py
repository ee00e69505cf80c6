"""Processes without traffic: workers and schedulers, as they are declared or made in the source."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from uz.detect.commands import joined, taken_apart
from uz.detect.declared import procfile
from uz.detect.finding import Finding, Remark, Seen, Topic, at
from uz.detect.identity import as_name
from uz.detect.modules import Module, assigned, module_level, read_module
from uz.detect.packages import Packages
from uz.detect.repository import Repository

NOT_WORKERS = frozenset({"web", "release"})
TAKEN = frozenset({"app", "edge", "log-rotation"})


def workers(repository: Repository, packages: Packages) -> Iterator[Seen]:
    """Each process that the repository speaks of, under a name of its own."""
    declared = list(_from_procfile(repository))
    yield from declared
    if not any(isinstance(seen, Finding) and "celery" in seen.value for seen in declared):
        yield from _celery(repository)
    if "rq" in packages and not declared:
        because = f"{packages['rq']}; the queues' names and Redis are for you to add"
        yield Finding("processes.worker.command", "rq worker", because, sure=False)


def _from_procfile(repository: Repository) -> Iterator[Seen]:
    for number, name, line in procfile(repository):
        if name in NOT_WORKERS:
            continue
        found = taken_apart(line)
        place = at("Procfile", number, name)
        key = as_name(name)
        key = f"{key[:20]}-job" if key in TAKEN else key
        if found.refused or found.before or found.settings or not key:
            why = found.refused or "it does more than start one program"
            yield Remark(Topic.REFUSED, f"{place}: {why}", about="processes")
        else:
            yield Finding(f"processes.{key}.command", found.command, place)


def _celery(repository: Repository) -> Iterator[Finding]:
    """A worker for the first Celery app; a scheduler where it has a schedule."""
    for path in repository.ending(".py"):
        text = repository.text(path)
        module = read_module(repository, path) if re.search(r"\bCelery\(", text) else None
        for name, line in _celery_apps(module) if module else ():
            words = ["celery", "-A", f"{module.name}:{name}" if module else ""]
            if module and module.root:
                words += ["--workdir", str(PurePosixPath(module.root))]
            place = at(path, line, f"{name} = Celery(…)")
            yield Finding("processes.worker.command", joined([*words, "worker"]), place)
            if "beat_schedule" in text or "add_periodic_task" in text:
                yield Finding("processes.scheduler.command", joined([*words, "beat"]), place)
            return


def _celery_apps(module: Module) -> Iterator[tuple[str, int]]:
    for statement in module_level(module.tree.body):
        names, value = assigned(statement)
        function = getattr(value, "func", None)
        if names and module.origin(function) in {"celery.Celery", "celery.app.Celery"}:
            yield names[0], statement.lineno
