"""The client is bounded, and takes nothing from the settings of whoever runs Uz."""

import logging
from pathlib import Path

import pytest
from tests.servers import Reply, serving

from uz.backups.s3_client import Bucket, Connection, loopback
from uz.errors import StoreError
from uz.secret import Secret

KEY = Secret(b"somebody\n")


@pytest.mark.parametrize(
    ("endpoint", "own"),
    [
        ("https://127.0.0.1:9000", True),
        ("https://127.9.9.9", True),
        ("https://[::1]:9000", True),
        ("https://localhost:9000", True),
        ("https://store.localhost", True),
        ("https://10.0.0.1", False),
        ("https://localhost.example.com", False),
        ("https://store.example", False),
        (None, False),
    ],
)
def test_an_endpoint_on_loopback_is_known(endpoint: str | None, own: bool) -> None:
    assert loopback(endpoint) is own


def test_a_title_says_endpoint_and_bucket() -> None:
    assert Bucket("vault", "https://store.example").title == "https://store.example/vault"
    assert Bucket("vault").title == "AWS/vault"


def test_settings_of_the_user_do_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = https://evil.example\nregion = mars\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://evil.example")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://evil.example")
    client = Connection(Bucket("vault", region="eu-west-3"), KEY, KEY, 5).client
    assert client.meta.endpoint_url == "https://s3.eu-west-3.amazonaws.com"


def test_a_proxy_is_not_asked_for_what_is_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    paths: list[str] = []

    def answering(method: str, host: str, path: str) -> Reply:
        paths.append(path)
        return Reply(200, body=b"<ListBucketResult></ListBucketResult>")

    with serving(answering) as port:
        place = Bucket("vault", f"http://127.0.0.1:{port}")
        Connection(place, KEY, KEY, 5).client.list_objects_v2(Bucket="vault")
    assert paths[0].startswith("/vault?")


def test_a_missing_authority_is_told(tmp_path: Path) -> None:
    place = Bucket("vault", "https://store.example", authority=tmp_path / "none.pem")
    with pytest.raises(StoreError, match=r"none\.pem: not there") as raised:
        Connection(place, KEY, KEY, 5)
    assert "backups.authority" in raised.value.hint


@pytest.mark.parametrize("bucket", ["", "UPPER CASE", "../x"])
def test_a_name_that_no_bucket_has_is_told(bucket: str) -> None:
    connection = Connection(Bucket(bucket, "http://127.0.0.1:9"), KEY, KEY, 1)
    with pytest.raises(StoreError), connection.asking():
        connection.client.list_objects_v2(Bucket=bucket)


def test_no_key_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(b"canary-Zq7-secret")
    with caplog.at_level(logging.DEBUG), serving(lambda *_: Reply(404)) as port:
        connection = Connection(Bucket("vault", f"http://127.0.0.1:{port}"), KEY, secret, 5)
        with pytest.raises(StoreError), connection.asking("one"):
            connection.client.get_object(Bucket="vault", Key="one")
    assert "canary-Zq7" not in caplog.text
    assert "Signature" not in caplog.text
