"""What makes a web application in Python, by the dotted name of the class or function."""

import ast
import re

from uz.detect.modules import Module

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
"""Each with the interface that a server must speak to it."""
MENTIONED = re.compile(
    r"(?m)^[ \t]*(?:from|import)[ \t]+"
    r"(?:fastapi|starlette|litestar|quart|falcon|channels|flask|bottle|django\.core\.[aw]sgi)\b"
    r"|\b(?:create|make|build|init|get)_\w*(?:app|api|server)\w*\(|app_factory"
)


def frameworks_in(module: Module) -> dict[str, str]:
    """What makes an application in this module: the frameworks', and its own classes below them."""
    own = {}
    for statement in module.tree.body:
        if isinstance(statement, ast.ClassDef):
            for base in statement.bases:
                interface = FRAMEWORKS.get(module.origin(base), "")
                if interface:
                    own[f"{module.name}.{statement.name}"] = interface
    return FRAMEWORKS | own


def mounted_in(module: Module) -> set[str]:
    """Names of applications that live below another one."""
    return {
        argument.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr == "mount"
        for argument in (*node.args, *(word.value for word in node.keywords))
        if isinstance(argument, ast.Name)
    }
