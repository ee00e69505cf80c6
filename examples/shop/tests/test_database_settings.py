"""What the shop is told of its database."""

import pytest

from shop.database_settings import DatabaseSettings
from shop.variables import SettingsError

URL = "postgresql://app:hunter2@127.0.0.1:20300/app"


def test_what_a_deployment_says_is_what_is_used() -> None:
    settings = DatabaseSettings.read(
        {
            "DATABASE_URL": URL,
            "DATABASE_CONNECT_TIMEOUT": "3",
            "DATABASE_POOL_SIZE": "7",
            "DATABASE_POOL_TIMEOUT": "1.5",
            "DATABASE_STATEMENT_TIMEOUT": "4",
            "DATABASE_PREPARED_STATEMENTS": "off",
        }
    )
    assert settings == DatabaseSettings(settings.url, 3, 7, 1.5, prepared_statements=False)
    assert settings.url.render_as_string(hide_password=False) == URL.replace(
        "postgresql:", "postgresql+psycopg:"
    )
    assert "hunter2" not in repr(settings)


def test_nothing_but_the_url_is_needed() -> None:
    settings = DatabaseSettings.read({"DATABASE_URL": URL, "DATABASE_POOL_SIZE": ""})
    assert settings == DatabaseSettings(settings.url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "app",
        "postgresql://",
        "postgresql://app:hunter2@127.0.0.1:20300",
        "postgresql://app:hunter2@/app",
        "postgresql://app:hunter2@host:port/app",
        "postgresql+asyncpg://app:hunter2@host/app",
        "mysql://app:hunter2@host/app",
    ],
)
def test_a_url_that_makes_no_sense_stops_the_start_and_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL is not .*: write postgresql://") as error:
        DatabaseSettings.read({"DATABASE_URL": url})
    assert "hunter2" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("DATABASE_CONNECT_TIMEOUT", ["0", "-1", "1e3", "inf", "nan", "five", " 5", "5s"]),
        ("DATABASE_POOL_TIMEOUT", ["0.0", "1.", ".5"]),
        ("DATABASE_POOL_SIZE", ["0", "-1", "1.5", "many", "\u0663"]),
        ("DATABASE_PREPARED_STATEMENTS", ["yes", "ON", "1"]),
    ],
)
def test_a_setting_that_makes_no_sense_stops_the_start(name: str, values: list[str]) -> None:
    for value in values:
        with pytest.raises(SettingsError, match=f"{name} is not understood: write"):
            DatabaseSettings.read({"DATABASE_URL": URL, name: value})
