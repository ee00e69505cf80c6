"""The health route: the best of all that were found."""

from collections.abc import Iterator

from uz.detect.decorated import decorated_routes
from uz.detect.finding import Finding, Remark, Seen, Topic
from uz.detect.health import Route, preference
from uz.detect.node_routes import node_routes
from uz.detect.repository import Repository
from uz.detect.urls import django_routes


def health_route(repository: Repository) -> Iterator[Seen]:
    """The routes that could be asked, the best first: sure ones, and ready before live."""
    found = dict.fromkeys(
        (*decorated_routes(repository), *django_routes(repository), *node_routes(repository))
    )
    ranked = sorted(found, key=_rank)
    for number, route in enumerate(ranked):
        yield Finding("app.health", route.path, route.because, sure=route.sure and number == 0)
    if not ranked:
        yield Remark(
            Topic.MISSING,
            'a health route: "/" is asked instead. Better is one that also asks the database, such'
            " as /health/ready",
            about="app.health",
        )
    elif (preference(ranked[0].path) or 0) > 1:
        yield Remark(
            Topic.CHANGE,
            f"{ranked[0].path} says only that the process lives: a route such as /health/ready that"
            " also asks the database tells more",
            about="app.health",
        )


def _rank(route: Route) -> tuple[bool, int, int, str]:
    rank = preference(route.path)
    return not route.sure, 9 if rank is None else rank, len(route.path), route.path
