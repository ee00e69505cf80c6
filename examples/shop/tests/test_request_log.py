"""One line for each request, and what it must not say."""

import json
import logging

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from shop.logs import JsonLine
from shop.request_log import trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(autouse=True)
def every_level(caplog: pytest.LogCaptureFixture) -> None:
    """Catch the lines of information too."""
    caplog.set_level(logging.INFO, logger="shop")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """What the log would say of the requests."""
    written = [JsonLine("r1").format(record) for record in caplog.records]
    return [line for line in map(json.loads, written) if line["logger"] == "shop.request_log"]


def test_a_request_is_one_line(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    client.get(
        "/products/mug?token=hunter2",
        headers={
            "X-Request-ID": "request-1",
            "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
            "Authorization": "Bearer hunter3",
            "Cookie": "session=hunter4",
        },
    )
    (line,) = lines(caplog)
    duration, when = line.pop("duration_ms"), line.pop("time")
    assert line == {
        "level": "info",
        "message": "request",
        "logger": "shop.request_log",
        "release": "r1",
        "method": "GET",
        "path": "/products/mug",
        "status": 200,
        "client": "testclient",
        "request_id": "request-1",
        "trace_id": TRACE,
    }
    assert isinstance(duration, float)
    assert duration > 0
    assert str(when).endswith("+00:00")
    assert "hunter" not in caplog.text


def test_a_path_cannot_write_a_line_of_its_own(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.get('/nothing%0A{"level":"critical"}', headers={"X-Request-ID": "x" * 1000})
    (line,) = lines(caplog)
    assert line["path"] == '/nothing\n{"level":"critical"}'
    assert len(str(line["request_id"])) == 200
    assert all("\n" not in JsonLine("r1").format(record) for record in caplog.records)


def test_every_answer_names_the_release(client: TestClient) -> None:
    for path in ("/products", "/health/live", "/nothing", "/cart"):
        assert client.get(path).headers["X-Release"] == "r1"


def test_what_nobody_expected_is_500_with_its_story_in_the_log_only(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    app = client.app
    assert isinstance(app, FastAPI)

    @app.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError("a detail for the log")

    answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert answer.headers["X-Release"] == "r1"
    assert "detail" not in answer.text
    (line,) = lines(caplog)
    assert (line["level"], line["status"]) == ("error", 500)
    assert "a detail for the log" in str(line["exception"])


@pytest.mark.parametrize(
    "header",
    [None, "", "nonsense", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-{TRACE.upper()}-1-01"],
)
def test_a_trace_that_is_not_valid_is_none(header: str | None) -> None:
    assert trace_id(header) is None
