import pytest

from uz.detect.accept import refusal
from uz.detect.finding import Finding


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("app.name", "shop"),
        ("app.command", "uvicorn shop:app --port $PORT"),
        ("app.build", "npm ci"),
        ("app.health", "/health/ready"),
        ("app.source", "working-tree"),
        ("app.env.NODE_ENV", "production"),
        ("processes.worker.command", "celery worker"),
    ],
)
def test_what_the_spec_takes_is_accepted(key: str, value: str) -> None:
    assert refusal(Finding(key, value, "a.py:1")) == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("app.name", "Shop"),
        ("app.name", 'a"\nport = 1'),
        ("app.command", "a && b"),
        ("app.command", "a $HOME"),
        ("app.command", ""),
        ("app.command", "a\nb"),
        ("app.command", "a\u202eb"),
        ("app.command", "a\ud800"),
        ("app.build", "npm ci; rm -rf /tmp/x | y"),
        ("app.health", "/health?x=1"),
        ("app.env.PORT", "80"),
        ("app.env.lower", "x"),
        ("app.env.A", "x\x7f"),
        ("processes.app.command", "x"),
        ("processes.Bad_Name.command", "x"),
        ("database.migrate.command", "alembic upgrade head"),
    ],
)
def test_what_the_spec_refuses_is_refused_with_a_reason(key: str, value: str) -> None:
    assert refusal(Finding(key, value, "a.py:1"))
