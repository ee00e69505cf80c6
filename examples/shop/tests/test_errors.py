"""Errors are JSON with a hint, and repeat nothing that was sent."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from shop.app import LARGEST_BODY

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing-here", 404, "not_found"),
        ("GET", "/products/", 404, "not_found"),
        ("GET", "/products?limit=x", 422, "invalid"),
        ("GET", "/products/nope", 404, "not_found"),
        ("DELETE", "/products", 405, "method_not_allowed"),
        ("GET", "/cart", 401, "key_missing"),
    ],
)
def test_every_error_has_the_same_form(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["message"]
    assert answer.json()["error"]["hint"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b'{"name": "\\ud800"}', b"\xff"])
def test_a_body_that_is_no_form_is_refused(client: TestClient, body: bytes) -> None:
    refused = client.post("/accounts", content=body, headers=JSON)
    assert refused.status_code in {400, 422}
    assert refused.json()["error"]["message"]


def test_what_was_sent_is_not_repeated(client: TestClient) -> None:
    refused = client.post("/accounts", json={"name": 1, "password": "hunter2"})
    assert refused.status_code == 422
    assert "hunter2" not in refused.text


def test_a_body_that_is_announced_too_large_is_refused(client: TestClient) -> None:
    refused = client.post("/accounts", content=b" " * (LARGEST_BODY + 1), headers=JSON)
    assert refused.status_code == 413
    assert refused.json()["error"]["code"] == "too_large"
    assert refused.headers["X-Release"] == "r1"


def test_a_body_that_grows_too_large_is_refused(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(LARGEST_BODY // 1024 + 1):
            yield b" " * 1024

    assert client.post("/accounts", content=pieces(), headers=JSON).status_code == 413


def test_the_largest_body_is_still_read(client: TestClient) -> None:
    body = b'{"name": "Ada"}'.ljust(LARGEST_BODY)
    assert client.post("/accounts", content=body, headers=JSON).status_code == 201
