import pytest

from uz.detect.health import MENTIONED, preference, route


def test_ready_is_better_than_healthy_and_that_better_than_live() -> None:
    paths = ["/ping", "/livez", "/health", "/health/ready"]
    assert sorted(paths, key=lambda path: preference(path) or 0) == paths[::-1]


@pytest.mark.parametrize(
    "path",
    ["/ready", "/readyz", "/-/ready", "/api/v1/health", "/health/", "/_health/live", "/healthz",
     "/internal/health", "/up", "/status", "/Health"],
)  # fmt: skip
def test_paths_about_health_are_recognised(path: str) -> None:
    assert preference(path) is not None
    assert MENTIONED.search(f"'{path}'")


@pytest.mark.parametrize(
    "path",
    ["/", "", "/orders/ready", "/healthcare", "/health-insurance", "/users/status", "/health/{id}",
     "/livestream", "/already", "/<int:id>/health", "/shop/up", "/health/history"],
)  # fmt: skip
def test_paths_about_something_else_are_not(path: str) -> None:
    assert preference(path) is None


def test_only_routes_about_health_are_kept() -> None:
    assert [one.path for one in route("/ready", "a.py:1", sure=False)] == ["/ready"]
    assert list(route("/orders", "a.py:1")) == []
