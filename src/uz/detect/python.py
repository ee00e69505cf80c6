"""A Python app: its start command and its build, from its source and its packages."""

from collections.abc import Iterator

from uz.detect.apps import App
from uz.detect.commands import joined, served_by, serving
from uz.detect.finding import Finding, Remark, Seen, Topic
from uz.detect.installs import python_build
from uz.detect.packages import python_folder, python_packages
from uz.detect.repository import Repository

USUAL = {"asgi": "uvicorn", "wsgi": "gunicorn"}


def python_command(repository: Repository, found: tuple[App, ...]) -> Iterator[Seen]:
    """A command for each app that a server among its packages can serve, the likeliest first."""
    usable = []
    for app in found:
        packages = python_packages(repository, python_folder(repository, app.path))
        command = serving(app, packages)
        if command:
            usable.append((app, *command))
    for number, (app, line, server) in enumerate(usable):
        rivals = [a for a, *_ in usable if (a.mounted, a.factory) == (app.mounted, app.factory)]
        sure = number == 0 and len(rivals) == 1 and not app.mounted
        yield Finding("app.command", line, f"{app.because}; {server}", sure=sure)
    if found and not usable:
        yield _no_server(found[0])


def python_steps(repository: Repository, found: tuple[App, ...]) -> Iterator[Seen]:
    """The build, where there is Python to build for."""
    folder = python_folder(repository, found[0].path if found else "pyproject.toml")
    if found or python_packages(repository, folder):
        yield from python_build(repository, folder)


def _no_server(app: App) -> Remark:
    server = USUAL[app.interface]
    return Remark(
        Topic.MISSING,
        f"a server for {app.because}: no {app.interface.upper()} server is among the packages that"
        f" the app declares; add {server}",
        about="app.command",
        suggestion=joined(served_by(app, server) or ()),
    )
