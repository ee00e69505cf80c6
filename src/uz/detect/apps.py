"""Web applications in Python: what a server could be told to serve, found by parsing alone."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from uz.detect.finding import at
from uz.detect.frameworks import FRAMEWORKS, MENTIONED, frameworks_in, mounted_in
from uz.detect.modules import Module, assigned, module_level, read_module
from uz.detect.repository import Repository

FACTORY = re.compile(
    r"(?:create|make|build|init|get)_(?:\w+_)?(?:app|application|api|server)|app(?:lication)?_factory"
)
NAMES = ("app", "application", "asgi", "api")
FILES = ("main", "app", "wsgi", "asgi", "__init__", "application", "server", "api")
MOST = 20


@dataclass(frozen=True)
class App:
    """Something that can be served: `module:name`, importable when `root` is on the path."""

    path: str
    line: int
    root: str
    module: str
    name: str
    made_by: str = ""
    interface: str = ""
    factory: bool = False
    mounted: bool = False

    @property
    def origin(self) -> str:
        """Its dotted name."""
        return f"{self.module}.{self.name}"

    @property
    def because(self) -> str:
        """The place, and a summary without the arguments: these may hold anything."""
        what = f"def {self.name}()" if self.factory else f"{self.name} = {self.made_by}(…)"
        return at(self.path, self.line, what)

    def rank(self) -> tuple[object, ...]:
        """Smaller is likelier to be the one to serve."""
        stem = self.path.rpartition("/")[2].removesuffix(".py")
        name, file = _index(NAMES, self.name), _index(FILES, stem)
        return (self.mounted, self.factory, name, self.path.count("/"), file, self.path, self.line)


def apps(repository: Repository) -> tuple[App, ...]:
    """The applications of a repository, the likeliest first."""
    found: list[App] = []
    makers: dict[str, App] = {}
    called: list[tuple[App, str]] = []
    for path in repository.ending(".py"):
        if not MENTIONED.search(repository.text(path)):
            continue
        module = read_module(repository, path)
        if module is None:
            continue
        found += _instances(module)
        called += _calls(module)
        for maker, alone in _factories(module):
            makers[maker.origin] = maker
            found += [maker] if alone else []
    for app, origin in called:
        made = makers.get(origin) or _handed_on(makers, origin)
        if made:
            found.append(replace(app, made_by=made.name, interface=made.interface))
    return tuple(sorted(set(found), key=App.rank)[:MOST])


def _app(module: Module, line: int, name: str) -> App:
    return App(module.path, line, module.root, module.name, name)


def _instances(module: Module) -> Iterator[App]:
    """Module-level names that are given an application."""
    frameworks, mounted = frameworks_in(module), mounted_in(module)
    for statement in module_level(module.tree.body):
        names, value = assigned(statement)
        origin = module.origin(value.func) if isinstance(value, ast.Call) else ""
        for name in names if origin in frameworks else ():
            yield replace(
                _app(module, statement.lineno, name),
                made_by=_last(origin),
                interface=frameworks[origin],
                mounted=name in mounted,
            )


def _calls(module: Module) -> Iterator[tuple[App, str]]:
    """Module-level names that are given the result of a call, which may be of a factory."""
    for statement in module_level(module.tree.body):
        names, value = assigned(statement)
        origin = module.origin(value.func) if isinstance(value, ast.Call) else ""
        for name in names if origin and origin not in FRAMEWORKS else ():
            yield _app(module, statement.lineno, name), origin


def _factories(module: Module) -> Iterator[tuple[App, bool]]:
    """Functions that make an application, and whether a server can call them: no arguments."""
    frameworks = frameworks_in(module)
    for function in module.tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        nodes = list(ast.walk(function))
        made = [
            origin
            for node in nodes
            if isinstance(node, ast.Call) and (origin := module.origin(node.func)) in frameworks
        ]
        if made and any(isinstance(node, ast.Return) and node.value for node in nodes):
            app = _app(module, function.lineno, function.name)
            named = FACTORY.fullmatch(function.name) is not None
            yield (
                replace(app, made_by=_last(made[0]), interface=frameworks[made[0]], factory=True),
                named and not _required(function.args),
            )


def _required(arguments: ast.arguments) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    return positional > len(arguments.defaults) or None in arguments.kw_defaults


def _handed_on(makers: dict[str, App], origin: str) -> App | None:
    """A factory that another module of the same package hands on under its own name."""
    top, name = origin.split(".")[0], _last(origin)
    for maker in makers.values():
        if maker.name == name and maker.module.split(".")[0] == top:
            return maker
    return None


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _index(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)
