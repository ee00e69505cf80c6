"""What an app must be told from outside: variables it reads without a default, and secret files."""

import ast
from collections.abc import Iterator

from uz.detect.finding import Remark, Topic, at
from uz.detect.javascript import ENDINGS
from uz.detect.modules import Module, read_module, text_of
from uz.detect.packages import line_of
from uz.detect.repository import Repository
from uz.spec.app import RESERVED

SECRETS = "CREDENTIALS_DIRECTORY"
MOST = 20


def variables(repository: Repository) -> Iterator[Remark]:
    """Each variable that must be set, and the first place that reads it."""
    needed: dict[str, str] = {}
    for path in repository.ending(".py"):
        if "environ[" in repository.text(path):
            module = read_module(repository, path)
            for name, line in _required(module) if module else ():
                needed.setdefault(name, at(path, line, f"environ[{name!r}]"))
    for name, place in list(needed.items())[:MOST]:
        if name not in RESERVED and not name.startswith("UZ_"):
            yield Remark(
                Topic.MISSING,
                f"a value for {name}, which {place} reads without a default: write it into"
                " [app.env], unless it is a secret",
                about=f"app.env.{name}",
            )
    yield from _secret_files(repository)


def _required(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            name = text_of(node.slice)
            if name and module.origin(node.value) == "os.environ":
                yield name, node.lineno


def _secret_files(repository: Repository) -> Iterator[Remark]:
    for path in repository.ending(".py", *ENDINGS):
        line = line_of(repository.text(path), SECRETS)
        if line:
            yield Remark(
                Topic.MISSING,
                f"the names of the secrets that {at(path, line, SECRETS)} reads: list them in"
                " app.generated_secrets, and Uz makes them up",
                about="app.generated_secrets",
            )
            return
