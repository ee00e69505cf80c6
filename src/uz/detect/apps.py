"""Web applications in Python: what a server could be told to serve, found by parsing alone."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from uz.detect.finding import at
from uz.detect.modules import Module, assigned, module_level, read_module
from uz.detect.repository import Repository

FRAMEWORKS = {
    "fastapi.FastAPI": "asgi",
    "fastapi.applications.FastAPI": "asgi",
    "starlette.applications.Starlette": "asgi",
    "litestar.Litestar": "asgi",
    "litestar.app.Litestar": "asgi",
    "quart.Quart": "asgi",
    "quart.app.Quart": "asgi",
    "falcon.asgi.App": "asgi",
    "channels.routing.ProtocolTypeRouter": "asgi",
    "django.core.asgi.get_asgi_application": "asgi",
    "django.core.wsgi.get_wsgi_application": "wsgi",
    "flask.Flask": "wsgi",
    "flask.app.Flask": "wsgi",
    "falcon.App": "wsgi",
    "bottle.Bottle": "wsgi",
}
MENTIONED = re.compile(
    r"fastapi|starlette|litestar|quart|falcon|channels|django\.core\.[aw]sgi|flask|bottle|"
    r"\b(?:create|make|build|init|get)_\w*(?:app|api|server)|app_factory"
)
FACTORY = re.compile(
    r"(?:create|make|build|init|get)_(?:\w+_)?(?:app|application|api|server)|app(?:lication)?_factory"
)
NAMES = ("app", "application", "asgi", "api")
FILES = ("main", "app", "wsgi", "asgi", "__init__", "application", "server", "api")


@dataclass(frozen=True)
class App:
    """Something that can be served: `module:name`, importable when `root` is on the path."""

    path: str
    line: int
    root: str
    module: str
    name: str
    made_by: str
    interface: str
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
        return (self.mounted, self.factory, _index(NAMES, self.name), self.path.count("/"),
                _index(FILES, stem), self.path, self.line)  # fmt: skip


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
        for maker, callable_alone in _factories(module):
            makers[maker.origin] = maker
            if callable_alone:
                found.append(maker)
    for app, origin in called:
        made = makers.get(origin) or _exported(makers, origin)
        if made:
            found.append(App(app.path, app.line, app.root, app.module, app.name, made.name,
                             made.interface))  # fmt: skip
    return tuple(sorted(set(found), key=App.rank))


def _instances(module: Module) -> Iterator[App]:
    frameworks = _frameworks(module)
    mounted = _mounted(module)
    for statement in module_level(module.tree.body):
        names, value = assigned(statement)
        if not isinstance(value, ast.Call):
            continue
        interface = frameworks.get(module.origin(value.func), "")
        for name in names if interface else ():
            yield App(module.path, statement.lineno, module.root, module.name, name,
                      _last(module.origin(value.func)), interface, mounted=name in mounted)  # fmt: skip


def _frameworks(module: Module) -> dict[str, str]:
    """What makes an application in this module: the frameworks' classes, and its own below them."""
    own = {}
    for statement in module.tree.body:
        if isinstance(statement, ast.ClassDef):
            for base in statement.bases:
                interface = FRAMEWORKS.get(module.origin(base), "")
                if interface:
                    own[f"{module.name}.{statement.name}"] = interface
    return FRAMEWORKS | own


def _mounted(module: Module) -> set[str]:
    """Names of applications that live below another one."""
    return {
        argument.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr == "mount"
        for argument in (*node.args, *(word.value for word in node.keywords))
        if isinstance(argument, ast.Name)
    }


def _calls(module: Module) -> Iterator[tuple[App, str]]:
    """Module-level names that are given the result of something called like a factory."""
    for statement in module_level(module.tree.body):
        names, value = assigned(statement)
        origin = module.origin(value.func) if isinstance(value, ast.Call) else ""
        for name in names if origin and origin not in FRAMEWORKS else ():
            yield App(module.path, statement.lineno, module.root, module.name, name, "", ""), origin


def _factories(module: Module) -> Iterator[tuple[App, bool]]:
    """Functions that make an application, and whether a server could call them without arguments."""
    frameworks = _frameworks(module)
    for function in module.tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        made = [
            origin
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and (origin := module.origin(node.func)) in frameworks
        ]
        returns = any(isinstance(n, ast.Return) and n.value for n in ast.walk(function))
        if not made or not returns:
            continue
        alone = FACTORY.fullmatch(function.name) is not None and not _required(function.args)
        yield App(module.path, function.lineno, module.root, module.name, function.name,
                  _last(made[0]), frameworks[made[0]], factory=True), alone  # fmt: skip


def _required(arguments: ast.arguments) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    return positional > len(arguments.defaults) or None in arguments.kw_defaults


def _exported(makers: dict[str, App], origin: str) -> App | None:
    """A factory that another module of the same package hands on under its own name."""
    top = origin.split(".")[0]
    for maker in makers.values():
        if maker.name == _last(origin) and maker.module.split(".")[0] == top:
            return maker
    return None


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _index(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)
