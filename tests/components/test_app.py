import pytest

from uz.components.app import app
from uz.stack import HttpReady, Owner, Role, StaysUp
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


def test_timeouts_are_those_of_the_spec() -> None:
    made = spec(app={"start_timeout": "90s", "stop_timeout": "2s"})
    one = app(made, MACHINE).services[0]
    assert (one.start_timeout, one.stop_timeout) == (90, 2)
