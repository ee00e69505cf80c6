import pytest

from uz.components import compose
from uz.components.app import app
from uz.stack import HttpReady, Owner, Role, SecretText, StaysUp
from uz.testing import MACHINE, spec


def test_each_instance_has_a_name_and_a_port_of_its_own() -> None:
    web = app(spec(app={"instances": 3}), MACHINE).in_role(Role.WEB)
    assert [one.name for one in web] == ["app-1", "app-2", "app-3"]
    assert [one.listens[0].port for one in web] == [20100, 20101, 20102]
    assert [one.environment["PORT"] for one in web] == ["20100", "20101", "20102"]
    assert not any(one.listens[0].public for one in web)


def test_the_command_is_words_with_the_port_filled_in() -> None:
    (one,) = app(
        spec(app={"instances": 1, "command": "serve --on 'a b:${PORT}'"}), MACHINE
    ).services
    assert one.command == ("serve", "--on", "a b:20100")


def test_an_instance_is_ready_when_its_health_answers_under_the_apps_name() -> None:
    one = app(spec(app={"health": "/ready"}), MACHINE).services[0]
    assert one.ready == HttpReady(20100, "/ready", "shop.example")
    assert (one.owner, one.in_release) == (Owner.APP, True)


def test_processes_start_after_the_app_and_are_ready_when_they_stay() -> None:
    made = spec(processes={"mail": {"command": "mail --all", "instances": 2}})
    workers = app(made, MACHINE).in_role(Role.WORKER)
    assert [one.name for one in workers] == ["mail-1", "mail-2"]
    assert all(one.command == ("mail", "--all") and one.after == ("app-1",) for one in workers)
    assert all(isinstance(one.ready, StaysUp) and not one.listens for one in workers)


def test_one_more_instance_does_not_change_the_others() -> None:
    two, three = (app(spec(app={"instances": n}), MACHINE) for n in (2, 3))
    assert three.services[:2] == two.services


@pytest.mark.parametrize("name", ["STATE_DIRECTORY", "CREDENTIALS_DIRECTORY", "HOME"])
def test_the_app_is_told_where_it_may_write_and_where_its_secrets_are(name: str) -> None:
    assert app(spec(), MACHINE).services[0].environment[name].startswith("{root}/")


def test_settings_and_secrets_reach_every_process() -> None:
    made = spec(
        app={"env": {"LEVEL": "debug"}, "generated_secrets": ["key"]},
        processes={"mail": {"command": "mail"}},
    )
    for one in app(made, MACHINE).services:
        assert one.environment["LEVEL"] == "debug"
        assert one.environment["UZ_ENVIRONMENT"] == "production"
        assert one.credentials == {"key": "app/key"}


def test_what_a_driver_has_to_be_told_reaches_every_process_in_seconds() -> None:
    made = spec(
        app={"request_timeout": "20s"},
        processes={"mail": {"command": "mail"}},
        database={"process_pool": 4, "statement_timeout": "2500ms", "pool_timeout": "1m"},
    )
    for one in app(made, MACHINE).services:
        told = {key: one.environment[key] for key in one.environment if "DATABASE_" in key}
        assert told == {
            "DATABASE_CONNECT_TIMEOUT": "5",
            "DATABASE_POOL_SIZE": "4",
            "DATABASE_POOL_TIMEOUT": "60",
            "DATABASE_STATEMENT_TIMEOUT": "2.5",
            "DATABASE_PREPARED_STATEMENTS": "off",
        }
        assert one.environment["REQUEST_TIMEOUT"] == "20"


def test_without_a_database_nothing_is_said_about_one() -> None:
    one = app(spec(), MACHINE).services[0]
    assert not any("DATABASE" in name for name in (*one.environment, *one.secret_environment))


def test_the_database_is_reached_through_the_pooler_with_the_apps_own_password() -> None:
    made = spec(database={"migrate": "up"}, redis={"purpose": "cache"})
    one = compose(made, MACHINE).service("app-2")
    assert one.secret_environment == {"REDIS_URL": "redis-url", "DATABASE_URL": "database-url"}
    address = one.credentials["database-url"]
    login = "{{database/app-user}}:{{database/app}}"
    assert address == SecretText(f"postgresql://{login}@127.0.0.1:20432/app")
    assert one.after == ("redis", "pgbouncer", "migrate")


def test_timeouts_are_those_of_the_spec() -> None:
    made = spec(app={"start_timeout": "90s", "stop_timeout": "2s"})
    one = app(made, MACHINE).services[0]
    assert (one.start_timeout, one.stop_timeout) == (90, 2)


@pytest.mark.parametrize("name", ["scheduler", "shipping"])
def test_a_process_is_told_from_the_one_of_uz_by_its_number(name: str) -> None:
    of = spec("trial", processes={name: {"command": "work"}}, backups={"offsite": "embedded"})
    services = [one.name for one in compose(of, MACHINE).services]
    assert {name, f"{name}-1"} <= set(services)
    assert len(set(services)) == len(services)
