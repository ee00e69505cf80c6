"""Python files as modules: the name an import would have, and where their own names come from."""

import ast
import keyword
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from uz.detect.repository import Repository

Imports = list[ast.Import | ast.ImportFrom]


@dataclass(frozen=True)
class Module:
    """A parsed file. `root` is the folder that must be importable for `name` to be right."""

    path: str
    root: str
    name: str
    tree: ast.Module
    names: dict[str, str]

    def origin(self, node: ast.AST | None) -> str:
        """The dotted name that an expression stands for; empty where it is not a plain name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        first = self.names.get(node.id, f"{self.name}.{node.id}")
        return ".".join([first, *reversed(parts)])


def read_module(repository: Repository, path: str) -> Module | None:
    """Parse a file, and find the name it is imported by; None where no import could name it."""
    tree = repository.python(path)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    root = _import_root(repository, path, imports)
    if root is None:
        return None
    parts = list(PurePosixPath(path).relative_to(root or ".").with_suffix("").parts)
    package = parts[:-1]
    name = ".".join(package if parts[-1] == "__init__" else parts)
    return Module(path, root, name, tree, _names(imports, package))


def module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run at an import: also in `try` and `if`, not under `__main__`."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            if not _only_as_script(statement.test):
                yield from module_level(statement.body)
            yield from module_level(statement.orelse)
        elif isinstance(statement, ast.Try):
            for inner in (statement.body, statement.orelse, statement.finalbody):
                yield from module_level(inner)
            for handler in statement.handlers:
                yield from module_level(handler.body)
        elif isinstance(statement, ast.With):
            yield from module_level(statement.body)


def assigned(statement: ast.stmt) -> tuple[list[str], ast.expr | None]:
    """The plain names that a statement assigns to, and the value."""
    if isinstance(statement, ast.Assign):
        names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
        return names, statement.value
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id], statement.value
    return [], None


def text_of(node: ast.AST | None) -> str | None:
    """The value of a string literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def keyword_of(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument."""
    return next((word.value for word in call.keywords if word.arg == name), None)


def _only_as_script(test: ast.expr) -> bool:
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}
    return "__name__" in names or "TYPE_CHECKING" in names | attributes


def _names(imports: Imports, package: list[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        else:
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                names[alias.asname or alias.name] = f"{base}.{alias.name}".lstrip(".")
    return names


def _import_root(repository: Repository, path: str, imports: Imports) -> str | None:
    """The folder that a file's imports start from, judged by what the file itself imports."""
    *folders, name = PurePosixPath(path).parts
    own = [] if name == "__init__.py" else [name.removesuffix(".py")]
    tops, depth = _imported(imports)
    candidates = []
    for count in range(len(folders) - max(depth, 1 - len(own)) + 1):
        if not all(_importable(part) for part in (*folders[count:], *own)):
            continue
        root = "/".join(folders[:count])
        here = f"{root}/" if root else ""
        known = sum(f"{here}{t}.py" in repository or here + t in repository.folders for t in tops)
        package = bool(root) and f"{here}__init__.py" in repository
        managed = f"{here}manage.py" in repository
        candidates.append(((not managed, -known, package, root != "src", count), root))
    return min(candidates)[1] if candidates else None


def _imported(imports: Imports) -> tuple[set[str], int]:
    """The first names of all absolute imports, and how far up the relative ones reach."""
    tops: set[str] = set()
    depth = 0
    for node in imports:
        if isinstance(node, ast.Import):
            tops |= {alias.name.split(".")[0] for alias in node.names}
        else:
            depth = max(depth, node.level)
            tops |= {node.module.split(".")[0]} if node.module and not node.level else set()
    return tops, depth


def _importable(part: str) -> bool:
    return part.isidentifier() and not keyword.iskeyword(part)
