from typing import Any

import pytest

from uz.errors import SpecError
from uz.spec.app import CONNECTIONS, RESERVED, file_of
from uz.testing import spec

LIVE_KEY = "_".join(("sk", "live", "51Habcdefghijklmnop"))
"""Made here, so that scanners do not find it in this file."""


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_variables_that_uz_sets_itself_are_refused(name: str) -> None:
    with pytest.raises(SpecError, match=f"{name}: set by Uz itself"):
        spec(app={"env": {name: "x"}})


@pytest.mark.parametrize("name", ["lower", "1A", "A-B", "A=B", "", "A\nB"])
def test_a_variable_has_a_plain_name(name: str) -> None:
    with pytest.raises(SpecError):
        spec(app={"env": {name: "x"}})


def test_only_the_web_command_has_a_port() -> None:
    with pytest.raises(SpecError, match=r"only app\.command has a \$PORT"):
        spec(app={"build": ["make", "make $PORT"]})
    with pytest.raises(SpecError, match=r"only app\.command has a \$PORT"):
        spec(processes={"mail": {"command": "mail ${PORT}"}})


def test_the_defaults_suit_an_app_that_says_little() -> None:
    app = spec().app
    assert (app.instances, app.health, app.source, app.aliases) == (2, "/", "git", ())


STRIPE = "ref+vault://secret/stripe#/key"


def test_a_reference_in_env_is_kept_apart_from_settings() -> None:
    app = spec(app={"env": {"STRIPE_KEY": STRIPE, "COLOUR": "blue"}}).app
    assert app.references == {"STRIPE_KEY": STRIPE}
    assert app.env == {"STRIPE_KEY": STRIPE, "COLOUR": "blue"}
    assert file_of("STRIPE_KEY") == "stripe-key"


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"STRIPE_KEY": LIVE_KEY}, "env.STRIPE_KEY: looks like a secret"),
        ({"DB_PASSWORD": "correct horse battery"}, "env.DB_PASSWORD: looks like a secret"),
        ({"ANY": "postgres://me:letmein99@db/shop"}, "env.ANY: looks like a secret"),
        ({"STRIPE_KEY": "ref+vault://secret/stripe"}, "names no field"),
        ({"STRIPE_KEY": "ref+keepass://stripe"}, "no secrets manager"),
        ({"STRIPE_KEY": "x ref+vault://secret/stripe#/key"}, "looks like a secret|no reference"),
    ],
)
def test_a_secret_in_env_is_refused_and_never_repeated(env: dict[str, str], why: str) -> None:
    with pytest.raises(SpecError, match=why) as raised:
        spec(app={"env": env})
    (value,) = env.values()
    assert value.startswith("ref+") or value not in str(raised.value)


def test_what_only_looks_like_a_secret_is_named_in_plain_env() -> None:
    env = {"TOKEN_ISSUER_PASSWORD": "correct horse battery"}
    assert spec(app={"env": env, "plain_env": list(env)}).app.env == env


@pytest.mark.parametrize(
    "app",
    [
        {"secrets": {"stripe-key": STRIPE}, "env": {"STRIPE_KEY": STRIPE}},
        {"secrets": {"stripe-key": STRIPE}, "generated_secrets": ["stripe-key"]},
        {"generated_secrets": ["stripe-key", "stripe-key"]},
    ],
)
def test_two_secrets_never_share_a_file(app: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="secrets.stripe-key: two secrets would have this file"):
        spec(app=app)


@pytest.mark.parametrize("app", [{"secrets": {"database-url": STRIPE}},
                                 {"generated_secrets": ["database-url"]}])  # fmt: skip
def test_what_uz_makes_itself_is_not_silently_replaced(app: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"app\.secrets\.database-url: Uz itself makes this file"):
        spec(app=app, database={})
    spec(app=app)  # of a database elsewhere it is the user's to give


@pytest.mark.parametrize("value", [LIVE_KEY, "correct horse battery"])
def test_a_file_takes_references_alone(value: str) -> None:
    with pytest.raises(SpecError, match="written as a reference, never as itself") as raised:
        spec(app={"secrets": {"key": value}})
    assert value not in str(raised.value)


def test_only_the_addresses_of_data_stores_are_variables_by_default() -> None:
    assert spec().app.environment_secrets == CONNECTIONS
    assert spec(app={"environment_secrets": []}).app.environment_secrets == ()
