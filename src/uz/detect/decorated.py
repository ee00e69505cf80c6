"""Health routes of FastAPI, Starlette, Litestar, Flask and Quart: functions with a decorator."""

import ast
from collections.abc import Iterator

from uz.detect import health, wiring
from uz.detect.finding import at
from uz.detect.health import Route
from uz.detect.modules import Module, keyword_of, read_module, text_of
from uz.detect.repository import Repository


def decorated_routes(repository: Repository) -> Iterator[Route]:
    """The routes of an app in Python that speak of its health."""
    wired = wiring.Wiring()
    modules = []
    for path in repository.ending(".py"):
        text = repository.text(path)
        if not (wiring.MENTIONED.search(text) or health.MENTIONED.search(text)):
            continue
        module = read_module(repository, path)
        if module:
            modules.append(module)
            wired.read(module)
    for module in modules:
        yield from _routes(module, wired)


def _routes(module: Module, wired: wiring.Wiring) -> Iterator[Route]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call):
                    yield from _decorated(module, decorator, wired)
        elif isinstance(node, ast.Call) and module.origin(node.func) == "starlette.routing.Route":
            path = text_of(node.args[0]) if node.args else None
            yield from health.route(path or "", at(module.path, node.lineno, f"Route({path!r})"))


def _decorated(module: Module, call: ast.Call, wired: wiring.Wiring) -> Iterator[Route]:
    path = text_of(call.args[0] if call.args else keyword_of(call, "path"))
    if path is None or (path and not path.startswith("/")):
        return
    if module.origin(call.func) == "litestar.get":
        yield from health.route(path, at(module.path, call.lineno, f"@get({path!r})"))
    if not isinstance(call.func, ast.Attribute) or not _answers_get(call, call.func.attr):
        return
    owner = wired.owner(module.origin(call.func.value))
    if owner is None:
        return
    variable = owner.origin.rpartition(".")[2]
    place = at(module.path, call.lineno, f"@{variable}.{call.func.attr}({path!r})")
    prefixes = wired.prefixes(owner)
    for prefix in prefixes:
        yield from health.route(prefix + path, place)
    if not prefixes and owner.prefix is not None:
        above = f"{place}; what it is included in was not found"
        yield from health.route(owner.prefix + path, above, sure=False)


def _answers_get(call: ast.Call, method: str) -> bool:
    if method == "get":
        return True
    if method not in {"route", "api_route"}:
        return False
    methods = keyword_of(call, "methods")
    if methods is None:
        return True
    listed = methods.elts if isinstance(methods, ast.List | ast.Tuple | ast.Set) else []
    return any((text_of(element) or "").upper() == "GET" for element in listed)
