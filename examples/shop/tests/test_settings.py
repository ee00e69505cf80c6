"""What the shop is told from outside."""

import logging
from pathlib import Path

import pytest

from shop.settings import REQUEST_TIMEOUT_SECONDS, Settings
from shop.variables import SettingsError

DATABASE = {"DATABASE_URL": "postgresql://app:hunter3@127.0.0.1:20300/app"}


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    """A folder of credentials, as systemd would make it."""
    (tmp_path / "key-pepper").write_text("a pepper that is long enough\n")
    (tmp_path / "admin-key").write_text("a key that is long enough\n")
    return tmp_path


def test_a_deployment_says_where_and_what(credentials: Path) -> None:
    settings = Settings.read(
        {
            **DATABASE,
            "CREDENTIALS_DIRECTORY": str(credentials),
            "REQUEST_TIMEOUT": "2.5",
            "UZ_RELEASE": "2031-05-01-1",
        }
    )
    assert settings.request_timeout == 2.5
    assert settings.database.url.host == "127.0.0.1"
    assert settings.release == "2031-05-01-1"
    assert settings.pepper == "a pepper that is long enough"
    assert settings.admin_key == "a key that is long enough"


def test_secrets_are_not_printed(credentials: Path) -> None:
    settings = Settings.read({**DATABASE, "CREDENTIALS_DIRECTORY": str(credentials)})
    assert "long enough" not in repr(settings)
    assert "hunter" not in repr(settings)


def test_redis_is_named_by_its_url_which_is_not_printed() -> None:
    for url in ("redis://app:hunter2@127.0.0.1:20200/0", "rediss://app:hunter2@cache.test"):
        settings = Settings.read({**DATABASE, "REDIS_URL": url})
        assert settings.redis_url == url
        assert "hunter2" not in repr(settings)
    assert Settings.read({**DATABASE, "REDIS_URL": ""}).redis_url is None


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:6379",
        "http://app:hunter2@host/0",
        "redis://",
        "redis://app:hunter2@/0",
        "redis://app:hunter2@host:port/0",
        "redis://app:hunter2@host:0/0",
        "redis://app:hunter2@[::1/0",
        "redis://app:hun/ter2@host/0",
        "redis://app:hunter2@host/name",
        "redis://app:hunter2@host/0?socket_timeout=60",
    ],
)
def test_a_redis_url_that_makes_no_sense_stops_the_start_and_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL is not understood: write redis://") as error:
        Settings.read({**DATABASE, "REDIS_URL": url})
    assert "ter2" not in str(error.value)


def test_development_needs_a_database_only_and_is_warned(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings.read(DATABASE)
    assert (settings.redis_url, settings.release) == (None, "dev")
    assert settings.request_timeout == REQUEST_TIMEOUT_SECONDS
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "CREDENTIALS_DIRECTORY" in caplog.text


@pytest.mark.parametrize("name", ["key-pepper", "admin-key"])
def test_a_missing_credential_stops_the_start(credentials: Path, name: str) -> None:
    (credentials / name).unlink()
    with pytest.raises(SettingsError, match=f"{name}.*put a file named {name} there"):
        Settings.read({**DATABASE, "CREDENTIALS_DIRECTORY": str(credentials)})


@pytest.mark.parametrize("name", ["key-pepper", "admin-key"])
def test_a_credential_that_can_be_guessed_stops_the_start(credentials: Path, name: str) -> None:
    (credentials / name).write_text("short\n")
    with pytest.raises(SettingsError, match="at least 16 characters"):
        Settings.read({**DATABASE, "CREDENTIALS_DIRECTORY": str(credentials)})
