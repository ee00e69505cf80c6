from collections.abc import Callable

import pytest

from uz.detect.repository import Repository
from uz.detect.urls import django_routes

Repo = Callable[[dict[str, str]], Repository]
DJANGO = "from django.urls import include, path, re_path\n"
BASE = {"manage.py": "", "config/settings.py": "ROOT_URLCONF = 'config.urls'"}


def paths(repo: Repo, files: dict[str, str]) -> list[tuple[str, bool]]:
    return [(one.path, one.sure) for one in django_routes(repo(BASE | files))]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("path('health/', view)", "/health/"),
        ("path('api/v1/healthz', view)", "/api/v1/healthz"),
        ("re_path(r'^health/$', view)", "/health/"),
    ],
)
def test_a_pattern_about_health_is_found(repo: Repo, pattern: str, found: str) -> None:
    assert paths(repo, {"config/urls.py": f"{DJANGO}urlpatterns = [{pattern}]"}) == [(found, True)]


@pytest.mark.parametrize(
    "pattern",
    [
        "path('orders/ready/', view)",
        "path('<int:id>/health/', view)",
        "re_path(r'^health/(x|y)$', view)",
        "paths('health/', view)",
        "path(HEALTH, view)",
        "path()",
    ],
)
def test_patterns_about_something_else_are_not(repo: Repo, pattern: str) -> None:
    assert paths(repo, {"config/urls.py": f"{DJANGO}urlpatterns = [{pattern}]"}) == []


def test_what_includes_a_pattern_gives_its_prefix(repo: Repo) -> None:
    files = {
        "config/urls.py": f"{DJANGO}urlpatterns = [path('api/', include('shop.urls'))]",
        "shop/urls.py": f"{DJANGO}urlpatterns = [path('v1/', include('checks.urls'))]",
        "checks/urls.py": f"{DJANGO}urlpatterns = [path('health/', view)]",
    }
    assert paths(repo, files) == [("/api/v1/health/", True)]


def test_a_pattern_that_nothing_includes_is_a_guess(repo: Repo) -> None:
    files = {"shop/urls.py": f"{DJANGO}urlpatterns = [path('health/', view)]"}
    assert paths(repo, files) == [("/health/", False)]


def test_patterns_that_include_each_other_do_no_harm(repo: Repo) -> None:
    files = {
        "a/urls.py": f"{DJANGO}urlpatterns = [path('x/', include('b.urls'))]",
        "b/urls.py": f"{DJANGO}urlpatterns = [path('y/', include('a.urls')), path('health/', v)]",
    }
    assert paths(repo, files) == [("/health/", False)]
