from datetime import timedelta

import pytest

from uz.errors import SpecError
from uz.spec import Backups, Keep
from uz.testing.specs import spec

KEYS = {"access_key": "ref+vault://secret/s3#/key", "secret_key": "ref+vault://secret/s3#/secret"}


def backups(**table: object) -> Backups:
    found = spec(backups=table).backups
    assert found
    return found


def test_without_the_table_nothing_is_backed_up() -> None:
    assert spec().backups is None


def test_an_empty_table_backs_up_every_night_keeps_a_year_and_goes_nowhere() -> None:
    found = backups()
    assert (found.schedule, found.offsite, found.keep) == ("17 3 * * *", None, Keep())
    assert found.rpo == timedelta(seconds=60)
    assert not found.bucket
    assert not found.embedded


@pytest.mark.parametrize(
    ("offsite", "bucket", "prefix"),
    [
        ("s3://shop-backups", "shop-backups", ""),
        ("s3://shop-backups/", "shop-backups", ""),
        ("s3://shop-backups/eu/shop", "shop-backups", "eu/shop"),
    ],
)
def test_a_bucket_may_have_a_prefix(offsite: str, bucket: str, prefix: str) -> None:
    found = backups(offsite=offsite, **KEYS)
    assert (found.bucket, found.prefix, found.embedded) == (bucket, prefix, False)


def test_the_embedded_store_needs_no_keys() -> None:
    assert backups(offsite="embedded").embedded


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"offsite": "s3://shop-backups"}, "access_key and secret_key: missing"),
        ({"offsite": "embedded", **KEYS}, "endpoint and keys belong to"),
        ({"endpoint": "https://s3.example"}, "endpoint and keys belong to"),
        ({"offsite": "gs://shop"}, "a bucket such as s3://"),
        ({"offsite": "s3://Shop_Backups", **KEYS}, "a bucket such as s3://"),
        ({"schedule": "17 3 * *"}, "not a cron expression"),
        ({"schedule": "61 3 * * *"}, "no cron expression"),
        ({"schedule": "0 0 31 2 *"}, "no cron expression"),
        ({"schedule": "daily"}, "a cron expression"),
        ({"drill": "* * * * * * *"}, "cron expression"),
        ({"rpo": "5s"}, "between 10s and 1h"),
        ({"rpo": "2h"}, "between 10s and 1h"),
        ({"keep": {"daily": 0}}, "greater than or equal to 1"),
        ({"keep": {"yearly": 3}}, "yearly"),
        ({"files": ["uploads"]}, "write an absolute path"),
        ({"files": ["/srv/../etc"]}, "write an absolute path"),
        ({"engine": "barman"}, "pgbackrest"),
        ({"access_key": "AKIA"}, "a secret is written as a reference"),
        ({"smoke": ["https://shop.example/"]}, "a path such as"),
        ({"ofsite": "embedded"}, "offsite"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(table: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        backups(**table)


def test_ports_of_the_embedded_store_are_not_the_edges() -> None:
    port = spec().ports.offsite[3]
    with pytest.raises(SpecError, match=f"{port} is a port that Uz uses"):
        spec(backups={"offsite": "embedded"}, edge={"http_port": port})
    assert spec(edge={"http_port": port}).ports.http == port
