"""The `[backups]` table: what is kept of the data, where, how long, and how often that is tried."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from uz.spec.table import Table
from uz.spec.values import (
    Duration,
    FilePath,
    HttpsUrl,
    Schedule,
    SecretReference,
    Size,
    Text,
    UrlPath,
    matching,
)

BUCKET = r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9._-]+)*)/?"
EMBEDDED = "embedded"

Offsite = Annotated[
    str, matching(f"{EMBEDDED}|{BUCKET}", 'a bucket such as s3://shop-backups, or "embedded"')
]


class Keep(Table):
    """How many backups stay: the newest of each of so many days, weeks and months."""

    daily: int = Field(default=7, ge=1, le=366, strict=True)
    """Days, counted back from the newest backup."""
    weekly: int = Field(default=5, ge=0, le=520, strict=True)
    """Weeks, which begin on Monday."""
    monthly: int = Field(default=12, ge=0, le=240, strict=True)
    """Months."""


class Backups(Table):
    """Backups of the database and its log, of the secrets manager, of Redis and of files: encrypted
    on this machine, copied to another site, and restored every week to see that they are good."""

    offsite: Offsite | None = None
    """Where copies go that outlive this machine: `s3://BUCKET` or `s3://BUCKET/PREFIX`. `embedded`
    is a store that Uz runs on this machine, for demonstrations: it is lost with the machine."""
    endpoint: HttpsUrl | None = None
    """Address of an S3-compatible store. Without it: AWS."""
    region: Text = "us-east-1"
    """Region of the bucket."""
    authority: FilePath | None = None
    """PEM file with the CA of an endpoint that public CAs do not know."""
    access_key: SecretReference | None = None
    """Reference to the access key that may add to the bucket, and not delete."""
    secret_key: SecretReference | None = None
    """Reference to the secret that belongs to `access_key`."""
    lock: Duration = timedelta(days=14)
    """How long the store has to refuse the deletion of what was added (object lock)."""
    schedule: Schedule = "17 3 * * *"
    """When a backup is taken: a cron expression, in UTC."""
    full: Duration = timedelta(days=7)
    """A full backup is taken when the last one is older; those between hold what changed since."""
    keep: Keep = Keep()
    """Which backups stay off-site."""
    pitr: Duration = timedelta(days=14)
    """How far back the database can be restored to any second."""
    rpo: Duration = timedelta(seconds=60)
    """How much of what was written may be lost with the machine: what changed is sent off-site
    twice as often."""
    local: int = Field(default=1, ge=1, le=30, strict=True)
    """How many full backups stay on this machine, with what belongs to them."""
    reserve: Size = 2**30
    """Disk that backups leave free. Below it none is taken; below a quarter of it, the log of the
    database is no longer archived, which is told everywhere, so that the app goes on."""
    points: Schedule = "7 * * * *"
    """When the rows of all tables are counted and their checksums recorded, to compare a restored
    database with: a cron expression, in UTC."""
    drill: Schedule = "41 4 * * 0"
    """When a restore is tried: a cron expression, in UTC."""
    smoke: tuple[UrlPath, ...] = ()
    """Paths that have to answer 2xx after a restore was brought up, beside `app.health`."""
    invariants: tuple[Text, ...] = ()
    """SQL that must return no row in a restored database, such as orders without a customer."""
    files: tuple[FilePath, ...] = ()
    """Further folders to back up, absolute. The app's `STATE_DIRECTORY` always is."""
    timeout: Duration = timedelta(hours=6)
    """How long a backup, or a drill, may take until it is stopped."""
    engine: Literal["pgbackrest"] = "pgbackrest"
    """What takes and restores the backups of the database."""

    @field_validator("rpo")
    @classmethod
    def _often_enough(cls, rpo: timedelta) -> timedelta:
        if not timedelta(seconds=10) <= rpo <= timedelta(hours=1):
            raise ValueError("between 10s and 1h")
        return rpo

    @field_validator("files")
    @classmethod
    def _absolute(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        for one in files:
            if not one.startswith("/") or ".." in one.split("/"):
                raise ValueError(f"{one!r}: write an absolute path")
        return files

    @model_validator(mode="after")
    def _reachable(self) -> "Backups":
        keys = (self.access_key, self.secret_key)
        if self.bucket and None in keys:
            raise ValueError("access_key and secret_key: missing, the bucket is opened with them")
        if not self.bucket and (self.endpoint or any(keys)):
            raise ValueError('offsite: endpoint and keys belong to one such as "s3://shop-backups"')
        return self

    @property
    def embedded(self) -> bool:
        """Whether Uz runs the store itself, on this machine."""
        return self.offsite == EMBEDDED

    @property
    def bucket(self) -> str:
        """The bucket's name; empty where there is none of the user's."""
        return "" if self.offsite in {None, EMBEDDED} else str(self.offsite)[5:].split("/")[0]

    @property
    def prefix(self) -> str:
        """What the user's keys in the bucket begin with, without a slash at the end."""
        return "" if not self.bucket else str(self.offsite)[5:].partition("/")[2].rstrip("/")
