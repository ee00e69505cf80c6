"""What `alembic` runs: the migrations, with the rights of the one who may change tables."""

import logging
import os

from alembic import context
from alembic.util import CommandError
from sqlalchemy import NullPool, create_engine, text

from shop.database_settings import database_url
from shop.models import Table
from shop.variables import SettingsError

# A table that is in use is waited for so long, as all that ask for it meanwhile wait behind.
LOCK_TIMEOUT = "5s"


def migrate() -> None:
    """Run the migrations in one transaction: all of them happen, or none."""
    direct = "DATABASE_DIRECT_URL" if os.environ.get("DATABASE_DIRECT_URL") else "DATABASE_URL"
    try:
        url = database_url(os.environ, direct)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        context.configure(connection=connection, target_metadata=Table.metadata)
        context.run_migrations()


if context.is_offline_mode():
    raise CommandError("leave --sql out: the migrations need a database")
logging.basicConfig(level=logging.INFO, format="%(message)s")
migrate()
