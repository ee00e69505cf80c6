"""The migration: run once for each release, before the release gets traffic."""

from dataclasses import replace

from uz.components.app import process
from uz.components.database import nodes_of
from uz.machine import Machine
from uz.spec import Spec
from uz.stack import Finished, SecretText, Stack

DIRECT = SecretText(
    "postgresql://migrations:{{database/migrations}}@127.0.0.1:{{database/port}}/app"
)
"""Past PgBouncer to the primary, whose port is known when it is delivered."""


def migrate(spec: Spec, machine: Machine) -> Stack:
    """The spec's command, with the right to change the schema; nothing where there is none."""
    database = spec.database
    if database is None or database.migrate is None:
        return Stack()
    one = process(spec, machine, "migrate", database.migrate)
    return Stack(
        (
            replace(
                one,
                folder="migrate",
                description="brings the schema up to the release",
                ready=Finished(),
                after=("database-setup", *(nodes_of(database) if database.synchronous else ())),
                environment={
                    **one.environment,
                    "CREDENTIALS_DIRECTORY": "{root}/credentials/migrate",
                },
                credentials={
                    **one.credentials,
                    "database-url": DIRECT,
                    "database-direct-url": DIRECT,
                },
                secret_environment={
                    **one.secret_environment,
                    "DATABASE_DIRECT_URL": "database-direct-url",
                },
                passwords=(*one.passwords, "database/migrations"),
                start_timeout=database.migrate_timeout.total_seconds(),
            ),
        )
    )
