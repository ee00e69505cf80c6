"""What the shop is told from outside: its secrets, its release, its database, its cache."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from shop.database_settings import DatabaseSettings
from shop.variables import SettingsError, seconds

logger = logging.getLogger(__name__)

SHORTEST_SECRET = 16
REDIS_URL = re.compile(r"rediss?://[^/?#\s]+(/[0-9]*)?")  # A query could undo the timeouts.
DEVELOPMENT_PEPPER = "development-pepper-not-secret"
DEVELOPMENT_ADMIN_KEY = "development-admin-key"
REQUEST_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Settings:
    """Everything the shop needs to know before it starts; secrets are never printed."""

    database: DatabaseSettings
    release: str
    pepper: str = field(repr=False)
    admin_key: str = field(repr=False)
    redis_url: str | None = field(default=None, repr=False)
    request_timeout: float = REQUEST_TIMEOUT_SECONDS

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings; credentials are where systemd would put them.

        Raises SettingsError when one is missing or makes no sense.
        """
        credentials = environment.get("CREDENTIALS_DIRECTORY")
        if not credentials:
            logger.warning("CREDENTIALS_DIRECTORY is not set: using secrets everybody knows")
        return cls(
            database=DatabaseSettings.read(environment),
            release=release(environment),
            pepper=_secret(credentials, "key-pepper", DEVELOPMENT_PEPPER),
            admin_key=_secret(credentials, "admin-key", DEVELOPMENT_ADMIN_KEY),
            redis_url=_redis_url(environment),
            request_timeout=seconds(environment, "REQUEST_TIMEOUT", REQUEST_TIMEOUT_SECONDS),
        )


def release(environment: Mapping[str, str]) -> str:
    """The release that is running, as the one who deployed it named it."""
    return environment.get("UZ_RELEASE") or "dev"


def _redis_url(environment: Mapping[str, str]) -> str | None:
    url = environment.get("REDIS_URL")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        understood = REDIS_URL.fullmatch(url) and parts.hostname and parts.port != 0
    except ValueError:
        understood = False
    if not understood:
        # It is not repeated: there may be a password in it.
        raise SettingsError(
            "REDIS_URL is not understood: write redis://USER:PASSWORD@HOST:PORT/NUMBER, "
            "with a % code for each special character"
        )
    return url


def _secret(folder: str | None, name: str, development: str) -> str:
    if not folder:
        return development
    try:
        value = Path(folder, name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"no credential {name!r} in CREDENTIALS_DIRECTORY ({error.strerror}): "
            f"put a file named {name} there"
        ) from error
    if len(value) < SHORTEST_SECRET:
        raise SettingsError(
            f"the credential {name!r} is too short: "
            f"write at least {SHORTEST_SECRET} characters into it"
        )
    return value
