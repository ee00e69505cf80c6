import json

from uz.components import compose
from uz.components.shipping import NAME, SETTINGS, shipping
from uz.stack import Owner, Stack
from uz.targets.local.scripts import service_script
from uz.testing import MACHINE, spec

BUCKET = {
    "offsite": "s3://shop-backups",
    "access_key": "ref+file://.secrets/access",
    "secret_key": "ref+file://.secrets/secret",
}


def test_without_backups_there_is_nothing() -> None:
    assert shipping(spec(), MACHINE) == Stack()


def test_it_has_the_rights_of_who_runs_uz_and_the_passphrase() -> None:
    service = shipping(spec(backups={}), MACHINE).service(NAME)
    assert service.owner is Owner.OPERATOR
    assert service.credentials == {"passphrase": "backups/passphrase"}
    assert "on this machine" in service.description
    script = service_script(service, isolated=True)
    assert '/bin/sh "$root/config/launch" shipping - -' in script
    assert 'sh "$root"/python -m uz.operations.shipping "$root"' in script


def test_the_keys_of_a_bucket_come_from_their_references() -> None:
    service = shipping(spec(backups=BUCKET), MACHINE).service(NAME)
    assert service.credentials["access-key"] == BUCKET["access_key"]
    assert service.credentials["secret-key"] == BUCKET["secret_key"]


def test_for_the_embedded_store_it_has_the_key_that_adds_and_starts_after_it() -> None:
    service = shipping(spec(backups={"offsite": "embedded"}), MACHINE).service(NAME)
    assert service.credentials["secret-key"] == "offsite/adder"
    assert "offsite" in service.after


def test_it_starts_after_the_database_so_that_it_ends_before() -> None:
    stack = compose(spec(backups={}, database={"migrate": "true"}), MACHINE)
    order = [one.name for one in stack.in_start_order()]
    assert order.index("database-setup") < order.index(NAME)


def test_it_is_restarted_for_other_settings_by_a_file_without_secrets() -> None:
    files = shipping(spec(backups=BUCKET), MACHINE).files
    table = json.loads(files[SETTINGS])["backups"]
    assert table["offsite"] == "s3://shop-backups"
    assert table["secret_key"] == BUCKET["secret_key"]
    other = shipping(spec(backups=BUCKET | {"rpo": "30s"}), MACHINE).files
    assert other != files
