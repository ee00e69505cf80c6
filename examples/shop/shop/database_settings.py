"""Where the database is, and how patiently it is used."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from shop.variables import SettingsError, count, seconds, switch

WANTED = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with a % code for each special character"


@dataclass(frozen=True)
class DatabaseSettings:
    """Everything that is known of the database before it is asked; all times are in seconds."""

    url: URL  # Never prints its password.
    connect_timeout: float = 5.0
    pool_size: int = 5
    pool_timeout: float = 5.0
    prepared_statements: bool = True

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "DatabaseSettings":
        """Read the variables that begin with DATABASE_; raises SettingsError."""
        return cls(
            url=database_url(environment, "DATABASE_URL"),
            connect_timeout=seconds(environment, "DATABASE_CONNECT_TIMEOUT", cls.connect_timeout),
            pool_size=count(environment, "DATABASE_POOL_SIZE", cls.pool_size),
            pool_timeout=seconds(environment, "DATABASE_POOL_TIMEOUT", cls.pool_timeout),
            prepared_statements=switch(
                environment, "DATABASE_PREPARED_STATEMENTS", default=cls.prepared_statements
            ),
        )


def database_url(environment: Mapping[str, str], name: str) -> URL:
    """The database that the variable names, for SQLAlchemy; raises SettingsError."""
    text = environment.get(name)
    if not text:
        raise SettingsError(f"{name} is not set: write {WANTED}")
    try:
        url = make_url(text)
        understood = url.drivername == "postgresql" and url.host and url.database
    except (ArgumentError, ValueError):
        understood = False
    if not understood:
        # It is not repeated: there may be a password in it.
        raise SettingsError(f"{name} is not understood: write {WANTED}")
    return url.set(drivername="postgresql+psycopg")
