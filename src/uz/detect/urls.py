"""Health routes of Django: `path("health/", …)`, below the `include(…)` that leads to them."""

import ast
import re
from collections.abc import Iterator

from uz.detect import health
from uz.detect.finding import at
from uz.detect.health import Route
from uz.detect.modules import Module, assigned, module_level, read_module, text_of
from uz.detect.repository import Repository
from uz.detect.wiring import MOST_LINKS, Link, Owner, Wiring, same

PATHS = {
    "django.urls.path": False,
    "django.urls.re_path": True,
    "django.conf.urls.url": True,
}
"""Functions that declare a route, and whether they take a regular expression."""
INCLUDE = frozenset({"django.urls.include", "django.conf.urls.include"})


def django_routes(repository: Repository) -> Iterator[Route]:
    """The URL patterns that speak of health."""
    modules = [
        module
        for path in repository.ending(".py")
        if "urlpatterns" in repository.text(path)
        if (module := read_module(repository, path))
    ]
    tops = _root_modules(repository)
    wired = Wiring()
    for module in modules:
        below = not any(same(module.name, top) for top in tops)
        wired.add(Owner(module.name, router=below))
        for call, prefix in _patterns(module):
            included = _included(module, call)
            if included and len(wired.links) < MOST_LINKS:
                wired.links.append(Link(included, module.name, prefix))
    for module in modules:
        above = wired.prefixes(wired.owners[module.name])
        for call, path in _patterns(module):
            place = at(module.path, call.lineno, f"path({path!r})")
            for prefix in above:
                yield from health.route(f"/{prefix}{path}", place)
            if not above:
                unknown = f"{place}; the include(…) above it was not found"
                yield from health.route(f"/{path}", unknown, sure=False)


def _patterns(module: Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(module.tree):
        expression = PATHS.get(module.origin(node.func)) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and expression is not None:
            path = text_of(node.args[0]) if node.args else None
            if path is not None and expression:
                path = path.removeprefix("^").removesuffix("$")
            if path is not None and re.fullmatch(r"[\w./~-]*", path, re.ASCII):
                yield node, path


def _included(module: Module, call: ast.Call) -> str:
    """The module whose patterns a route includes; empty where it is a route of its own."""
    argument = call.args[1] if len(call.args) > 1 else None
    if not isinstance(argument, ast.Call) or module.origin(argument.func) not in INCLUDE:
        return ""
    first = argument.args[0] if argument.args else None
    return text_of(first) or module.origin(first)


def _root_modules(repository: Repository) -> set[str]:
    """What the settings name as ROOT_URLCONF."""
    found = set()
    for path in repository.ending(".py"):
        if "ROOT_URLCONF" in repository.text(path):
            for statement in module_level(repository.python(path).body):
                names, value = assigned(statement)
                text = text_of(value)
                if "ROOT_URLCONF" in names and text:
                    found.add(text)
    return found
