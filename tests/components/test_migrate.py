import pytest

from uz.components import compose
from uz.components.migrate import migrate
from uz.spec import Spec
from uz.stack import Finished, Owner, SecretText, Service, Stack
from uz.testing import MACHINE, spec


def wanted(**table: object) -> Spec:
    return spec(database={"migrate": "alembic upgrade head", **table})


def made(of: Spec) -> Service:
    (one,) = migrate(of, MACHINE).services
    return one


@pytest.mark.parametrize("of", [spec(), spec(database={})], ids=["no database", "no command"])
def test_without_a_command_there_is_no_migration(of: Spec) -> None:
    assert migrate(of, MACHINE) == Stack()


def test_it_runs_once_in_the_release_with_the_apps_rights_and_its_time() -> None:
    one = made(wanted(migrate_timeout="90s"))
    assert one.command == ("alembic", "upgrade", "head")
    assert (one.ready, one.owner, one.in_release) == (Finished(), Owner.APP, True)
    assert one.start_timeout == 90


def test_the_app_starts_after_it_and_it_after_the_roles() -> None:
    stack = compose(wanted(), MACHINE)
    assert "migrate" in stack.service("app-1").after
    assert stack.service("migrate").after == ("database-setup",)


def test_with_synchronous_replicas_it_waits_for_them() -> None:
    after = made(wanted(replication="synchronous", replicas=2)).after
    assert after == ("database-setup", "database-1", "database-2", "database-3")


def test_both_addresses_lead_past_the_pooler_with_the_right_to_change_the_schema() -> None:
    one = made(wanted())
    for variable in ("DATABASE_URL", "DATABASE_DIRECT_URL"):
        text = one.credentials[one.secret_environment[variable]]
        assert isinstance(text, SecretText)
        assert text.names() == ("database/migrations", "database/port")
        assert text.text.startswith("postgresql://migrations:")


def test_the_app_gets_neither_the_address_nor_the_password() -> None:
    stack = compose(wanted(), MACHINE)
    for name in ("app-1", "app-2"):
        service = stack.service(name)
        assert "DATABASE_DIRECT_URL" not in service.secret_environment
        texts = [one for one in service.credentials.values() if isinstance(one, SecretText)]
        assert not any("database/migrations" in text.names() for text in texts)
        assert service.folder != stack.service("migrate").folder


def test_settings_and_secrets_of_the_app_are_there_too() -> None:
    of = spec(
        app={"env": {"LEVEL": "debug"}, "generated_secrets": ["key"]},
        redis={"purpose": "cache"},
        database={"migrate": "up"},
    )
    one = made(of)
    assert one.environment["LEVEL"] == "debug"
    assert one.environment["CREDENTIALS_DIRECTORY"] == "{root}/credentials/migrate"
    assert one.credentials["key"] == "app/key"
    assert "REDIS_URL" in one.secret_environment
