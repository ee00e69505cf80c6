"""The `[app]` and `[processes.NAME]` tables: what runs."""

from collections import Counter
from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator, model_validator

from uz.spec.reference import is_reference, parse_reference
from uz.spec.sensitive import why_secret
from uz.spec.table import Table
from uz.spec.values import (
    PLACEHOLDER,
    Command,
    Count,
    CredentialName,
    Domain,
    Duration,
    Name,
    SecretReference,
    Text,
    UrlPath,
    VariableName,
)

RESERVED = frozenset(
    {
        "PORT",
        "PATH",
        "HOME",
        "STATE_DIRECTORY",
        "CREDENTIALS_DIRECTORY",
        "UZ_ENVIRONMENT",
        "UZ_RELEASE",
        "REQUEST_TIMEOUT",
        "REDIS_URL",
        "DATABASE_URL",
        "DATABASE_DIRECT_URL",
        "DATABASE_CONNECT_TIMEOUT",
        "DATABASE_POOL_SIZE",
        "DATABASE_POOL_TIMEOUT",
        "DATABASE_STATEMENT_TIMEOUT",
        "DATABASE_PREPARED_STATEMENTS",
    }
)

CONNECTIONS = ("DATABASE_URL", "DATABASE_DIRECT_URL", "REDIS_URL")
"""Variables with the addresses of data stores, passwords included: most apps read nothing else."""


class App(Table):
    """The web app: its name and address, how it is built, started and asked for its health."""

    name: Name
    """Short name of the app; names its folders and services."""
    domain: Domain
    """The domain name that users type; the certificate and the edge are made for it."""
    aliases: tuple[Domain, ...] = ()
    """Further domain names that answer like `domain`."""
    command: Command
    """Starts one web instance in the release folder; it must listen on 127.0.0.1:$PORT.
    Programs of the release's own `.venv/bin` and `node_modules/.bin` are found first."""
    build: tuple[Command, ...] = ()
    """Commands run once in every new release folder, in order."""
    source: Literal["git", "working-tree"] = "git"
    """What a release is made of: the last commit, or the files as they lie there."""
    health: UrlPath = "/"
    """Path that answers 2xx or 3xx when an instance can serve users."""
    instances: Count = 2
    """How many web instances run, each on its own port."""
    start_timeout: Duration = timedelta(seconds=30)
    """How long a process may take until it is ready."""
    stop_timeout: Duration = timedelta(seconds=15)
    """How long a process may take to finish its requests before it is killed."""
    request_timeout: Duration = timedelta(seconds=30)
    """How long a request may take; the app reads it, in seconds, from `REQUEST_TIMEOUT`."""
    build_timeout: Duration = timedelta(minutes=15)
    """How long all build commands together may take."""
    env: dict[VariableName, Text] = Field(default_factory=dict)
    """Settings for the app's processes, written to disk as they are; a secret is a reference such
    as `ref+vault://secret/stripe#/key`, and what looks like one is refused."""
    plain_env: tuple[VariableName, ...] = ()
    """Variables of `env` that look like secrets and are none."""
    secrets: dict[CredentialName, SecretReference] = Field(default_factory=dict)
    """Secrets that the app reads as files in `CREDENTIALS_DIRECTORY`, by the file's name."""
    environment_secrets: tuple[VariableName, ...] = CONNECTIONS
    """Files of `CREDENTIALS_DIRECTORY` that the app gets as environment variables too:
    `DATABASE_URL` is the file `database-url`. A variable is seen by every library and child of the
    app, so reports list them."""
    generated_secrets: tuple[CredentialName, ...] = ()
    """Secrets that Uz makes up once and hands to the app as files in `CREDENTIALS_DIRECTORY`."""

    @field_validator("build")
    @classmethod
    def _portless(cls, build: tuple[str, ...]) -> tuple[str, ...]:
        for command in build:
            refuse_port(command)
        return build

    @field_validator("env")
    @classmethod
    def _reserved(cls, env: dict[str, str]) -> dict[str, str]:
        taken = sorted(RESERVED & env.keys())
        if taken:
            raise ValueError(f"{', '.join(taken)}: set by Uz itself, choose another name")
        for value in env.values():
            if is_reference(value):
                parse_reference(value)
        return env

    @model_validator(mode="after")
    def _kept_apart(self) -> "App":
        for name, value in self.env.items():
            why = "" if is_reference(value) or name in self.plain_env else why_secret(name, value)
            if why:
                raise ValueError(
                    f"env.{name}: looks like a secret ({why}): `uz secrets set` keeps it, and a"
                    " reference to it is written here; where it is none, name it in plain_env"
                )
        taken = Counter([*self.secrets, *self.generated_secrets, *map(file_of, self.references)])
        twice = sorted(name for name, times in taken.items() if times > 1)
        if twice:
            raise ValueError(f"secrets.{twice[0]}: two secrets would have this file")
        return self

    @property
    def references(self) -> dict[str, str]:
        """Variables of `env` that are references."""
        return {name: value for name, value in self.env.items() if is_reference(value)}


def file_of(variable: str) -> str:
    """The file in `CREDENTIALS_DIRECTORY` for a variable: `STRIPE_KEY` is in `stripe-key`."""
    return variable.lower().replace("_", "-")


class Process(Table):
    """A process of the app without traffic: a worker, a scheduler."""

    command: Command
    """Starts the process in the release folder."""
    instances: Count = 1
    """How many of it run."""

    @field_validator("command")
    @classmethod
    def _portless(cls, command: str) -> str:
        return refuse_port(command)


def refuse_port(command: str) -> str:
    """Return the command. Raises ValueError where it asks for a port it does not have."""
    if PLACEHOLDER.search(command):
        raise ValueError(f"{command!r}: only app.command has a $PORT")
    return command
