from typing import Any

import pytest

from uz.errors import SpecError
from uz.operations.import_plan import Planned, What, planned
from uz.spec.env_file import parse_env
from uz.testing import spec

DRAWN = "q7Xv" + "2mPz" + "9KdLw4Rt"
"""Made up, and in pieces, so that no scanner takes it for a secret."""
BAO = {"manager": "openbao"}


def plan(text: str, *, everything: bool = False, **app: Any) -> dict[str, Planned]:
    """What becomes of each variable, by name."""
    of = spec(app=app, secrets=BAO)
    return {
        one.name: one for one in planned(of, parse_env(text, ".env"), ".env", everything=everything)
    }


def test_a_secret_goes_to_the_manager_and_a_reference_into_uz_toml() -> None:
    one = plan(f"STRIPE_API_KEY={DRAWN}")["STRIPE_API_KEY"]
    assert (one.what, one.why, one.path) == (What.SECRET, "its name", "secret/stripe-api-key")
    assert one.reference == "ref+vault://secret/stripe-api-key#/value"
    assert (one.added, one.where) == (True, "secret/stripe-api-key, uz.toml")


def test_a_setting_goes_into_uz_toml() -> None:
    found = plan("LOG_LEVEL=info\nEMPTY=\n")
    assert [(one.what, one.added, one.where) for one in found.values()] == [
        (What.SETTING, True, "uz.toml")
    ] * 2


def test_a_name_without_a_value_is_no_variable() -> None:
    assert plan("KEY\n# a comment\n") == {}


def test_a_secret_below_eight_characters_stays_and_is_exposed() -> None:
    one = plan("DB_PASSWORD=hunter2")["DB_PASSWORD"]
    assert (one.what, one.exposed, one.where) == (What.SHORT, True, "stays where it is")
    assert "8 characters or more" in one.why
    assert plan("THING=short", everything=True)["THING"].what is What.SHORT


def test_what_holds_a_secret_is_one_too() -> None:
    found = plan(f"API_TOKEN={DRAWN}\nURL=https://x/${{API_TOKEN}}\nCOPY=<{DRAWN}>\nGREETING=hello")
    assert found["URL"].why == "it holds API_TOKEN"
    assert found["COPY"].why == "it holds the value of API_TOKEN"
    assert found["GREETING"].what is What.SETTING


def test_a_word_that_is_a_weak_password_by_chance_is_none_elsewhere() -> None:
    found = plan("DB_PASSWORD=postgres\nDB_USER=postgres\n# postgres runs beside\n")
    assert found["DB_PASSWORD"].what is What.SECRET
    assert found["DB_USER"].what is What.SETTING


def test_what_the_spec_names_as_plain_is_a_setting() -> None:
    found = plan(f"PAGE_TOKEN={DRAWN}\nX_TOKEN=abc", plain_env=["PAGE_TOKEN", "X_TOKEN"])
    assert {one.what for one in found.values()} == {What.SETTING}


def test_all_takes_settings_for_secrets_but_not_what_uz_sets() -> None:
    found = plan("LOG_LEVEL=informal\nPORT=12345678\n", everything=True)
    assert (found["LOG_LEVEL"].what, found["LOG_LEVEL"].why) == (What.SECRET, "--all")
    assert found["PORT"].what is What.LEFT


def test_what_uz_sets_itself_is_not_written_into_uz_toml() -> None:
    found = plan("PORT=8000\nDATABASE_URL=postgresql://app:" + "hunter2hunter2@db/app")
    assert (found["PORT"].what, found["PORT"].why) == (What.LEFT, "Uz sets it itself")
    assert not found["PORT"].exposed
    url = found["DATABASE_URL"]
    assert (url.what, url.added) == (What.SECRET, False)
    assert url.where == "secret/database-url (Uz sets the variable itself)"


def test_a_name_that_uz_toml_cannot_have_stays() -> None:
    found = plan(f"db_password={DRAWN}\nlog.level=info\nA{'A' * 70}=x\n")
    assert [one.what for one in found.values()] == [What.LEFT] * 3
    assert [one.exposed for one in found.values()] == [True, False, False]


def test_a_setting_with_line_breaks_stays_unless_all_are_secrets() -> None:
    text = 'NOTE="line one\nline two"'
    assert "--all" in plan(text)["NOTE"].why
    assert plan(text, everything=True)["NOTE"].what is What.SECRET


def test_an_empty_secret_is_nothing_to_keep() -> None:
    one = plan("API_TOKEN=")["API_TOKEN"]
    assert (one.what, one.why, one.exposed) == (What.LEFT, "it is empty", False)


def test_a_reference_of_an_earlier_import_goes_on_into_uz_toml() -> None:
    one = plan("KEY=ref+vault://secret/key#/value")["KEY"]
    assert (one.what, one.added, one.path) == (What.REFERENCE, True, "")


def test_a_reference_that_is_none_is_told_with_its_line() -> None:
    with pytest.raises(SpecError, match=r"\.env:2: KEY: 'nothing' is no secrets manager"):
        plan("A=1\nKEY=ref+nothing://x")


def test_what_stands_in_uz_toml_stays() -> None:
    same = {"API_TOKEN": "ref+vault://secret/api-token#/value", "LEVEL": "info"}
    found = plan(f"API_TOKEN={DRAWN}\nLEVEL=info", env=same)
    assert {one.remark for one in found.values()} == {"in uz.toml already"}
    found = plan(f"API_TOKEN={DRAWN}\nLEVEL=debug", env=same | {"API_TOKEN": "ref+file://other"})
    assert {one.remark for one in found.values()} == {"uz.toml keeps what it has for it"}
    assert found["API_TOKEN"].path == "secret/api-token"


def test_what_the_app_has_as_a_file_is_no_variable_too() -> None:
    one = plan(f"API_TOKEN={DRAWN}", generated_secrets=["api-token"])["API_TOKEN"]
    assert (one.added, one.remark) == (False, "uz.toml has it as the file api-token")


@pytest.mark.parametrize(
    "text",
    [f"# API_TOKEN={DRAWN}\nAPI_TOKEN={DRAWN}", f"API_TOKEN={DRAWN} # {DRAWN}",
     f"A=1 # not {DRAWN}\nAPI_TOKEN={DRAWN}"],
)  # fmt: skip
def test_a_comment_that_repeats_a_secret_is_refused_without_it(text: str) -> None:
    with pytest.raises(SpecError, match="repeats the value of API_TOKEN") as raised:
        plan(text)
    assert DRAWN not in str(raised.value)


def test_what_stays_and_is_made_of_what_goes_is_refused() -> None:
    with pytest.raises(SpecError, match=r"\.env:2: url is made of API_TOKEN"):
        plan(f"API_TOKEN={DRAWN}\nurl=https://x/${{API_TOKEN}}")


def test_no_repr_shows_a_value() -> None:
    assert DRAWN not in repr(plan(f"API_TOKEN={DRAWN}"))
