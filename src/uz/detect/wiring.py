"""How routers hang below apps, so that a route's whole path is known and not only its last part."""

import ast
import re
from dataclasses import dataclass, field

from uz.detect.frameworks import FRAMEWORKS
from uz.detect.modules import Module, assigned, keyword_of, module_level, text_of

ROUTERS = {
    "fastapi.APIRouter": "prefix",
    "fastapi.routing.APIRouter": "prefix",
    "flask.Blueprint": "url_prefix",
    "quart.Blueprint": "url_prefix",
}
INCLUDES = {"include_router": "prefix", "register_blueprint": "url_prefix", "mount": "path"}
MENTIONED = re.compile(r"(?i)router|blueprint|\.mount\(")
MOST_LINKS = 1000
MOST_MEMBERS = 100
MOST_PREFIXES = 8


@dataclass(frozen=True)
class Owner:
    """What a route is declared on: an app, or a router, with its own prefix."""

    origin: str
    router: bool = False
    prefix: str | None = ""
    """None: known only when the app runs."""
    replaced: bool = False
    """Whether the prefix given where it is included replaces its own, as in Flask."""


@dataclass(frozen=True)
class Link:
    """One router, or a named group of them, included into an owner, below a prefix."""

    what: str
    into: str
    prefix: str | None
    """None: none was given."""


@dataclass
class Wiring:
    """All owners and links of a repository."""

    owners: dict[str, Owner] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    groups: dict[str, list[str]] = field(default_factory=dict)
    _known: dict[str, list[str]] = field(default_factory=dict)
    _alike: dict[str, list[Owner]] = field(default_factory=dict)

    def owner(self, origin: str) -> Owner | None:
        """The owner of this dotted name."""
        found = self.owners.get(origin)
        alike = self._alike.get(_tail(origin), ())
        return found or next((owner for owner in alike if same(origin, owner.origin)), None)

    def add(self, owner: Owner) -> None:
        """Make an owner known."""
        self.owners[owner.origin] = owner
        self._alike.setdefault(_tail(owner.origin), []).append(owner)

    def prefixes(self, owner: Owner) -> list[str]:
        """The prefixes under which an owner's routes answer; none where that cannot be told."""
        if owner.origin in self._known:
            return self._known[owner.origin]
        self._known[owner.origin] = []  # what includes itself has no prefix
        above = [link for link in self.links if self._means(link, owner)]
        found = [] if owner.router or above else [""]
        for link in above:
            own = "" if owner.replaced and link.prefix is not None else owner.prefix
            parent = self.owner(link.into) or Owner(link.into)
            if own is not None:
                found += [top + (link.prefix or "") + own for top in self.prefixes(parent)]
        self._known[owner.origin] = found[:MOST_PREFIXES]
        return self._known[owner.origin]

    def _means(self, link: Link, owner: Owner) -> bool:
        if same(link.what, owner.origin):
            return True
        members = self.groups.get(link.what, ())
        return any(same(member, owner.origin) for member in members)

    def read(self, module: Module) -> None:
        """Add what a module says."""
        constants, loops = _constants(module), _loops(module)
        for statement in module_level(module.tree.body):
            names, value = assigned(statement)
            if isinstance(value, ast.Tuple | ast.List):
                members = [module.origin(element) for element in value.elts[:MOST_MEMBERS]]
                self.groups |= {f"{module.name}.{name}": members for name in names}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and len(self.owners) < MOST_LINKS:
                self._own(module, node, constants)
            elif isinstance(node, ast.Call) and len(self.links) < MOST_LINKS:
                self._include(module, node, constants, loops)

    def _own(self, module: Module, statement: ast.stmt, constants: dict[str, str]) -> None:
        names, value = assigned(statement)
        made_by = module.origin(value.func) if isinstance(value, ast.Call) else ""
        for name in names:
            origin = f"{module.name}.{name}"
            if made_by in FRAMEWORKS:
                self.add(Owner(origin))
            elif made_by in ROUTERS and isinstance(value, ast.Call):
                prefix = _constant(keyword_of(value, ROUTERS[made_by]), constants)
                replaced = not made_by.startswith("fastapi.")
                self.add(Owner(origin, True, prefix, replaced))

    def _include(
        self, module: Module, call: ast.Call, constants: dict[str, str], loops: dict[str, str]
    ) -> None:
        function = call.func
        if not isinstance(function, ast.Attribute) or function.attr not in INCLUDES:
            return
        arguments = list(call.args)
        given = keyword_of(call, INCLUDES[function.attr])
        if function.attr == "mount" and arguments:
            given = arguments.pop(0)
        prefix = _constant(given, constants) if given is not None else None
        if not arguments or (given is not None and prefix is None):
            return  # where it hangs is known only when the app runs
        target = arguments[0]
        looped = loops.get(target.id) if isinstance(target, ast.Name) else None
        self.links.append(
            Link(looped or module.origin(target), module.origin(function.value), prefix)
        )


def same(one: str, other: str) -> bool:
    """Whether two dotted names mean the same thing, as seen from different import roots."""
    shorter, longer = sorted((one, other), key=len)
    return one == other or ("." in shorter and longer.endswith(f".{shorter}"))


def _tail(origin: str) -> str:
    return ".".join(origin.split(".")[-2:])


def _constants(module: Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for statement in module_level(module.tree.body):
        names, value = assigned(statement)
        text = text_of(value)
        found |= {name: text for name in names if text is not None}
    return found


def _loops(module: Module) -> dict[str, str]:
    """Loop variables, and the name of what each runs through."""
    return {
        node.target.id: module.origin(node.iter)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name)
    }


def _constant(node: ast.expr | None, constants: dict[str, str]) -> str | None:
    """A prefix that the file itself spells out; none given is the empty one."""
    if node is None:
        return ""
    text = constants.get(node.id) if isinstance(node, ast.Name) else text_of(node)
    return None if text is None else text.rstrip("/")
