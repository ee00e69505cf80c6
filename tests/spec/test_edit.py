import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.errors import SpecError
from uz.spec.edit import with_env

TEXT = """\
# the shop
[app]
name = "shop"   # short
env.DEBUG = "no"

# PostgreSQL, with a replica
[database]
migrate = "alembic upgrade head"

# Not found:
#   - a health check
"""
SECTION = TEXT.replace("env.DEBUG", "\n[app.env]\nDEBUG")
INLINE = TEXT.replace('env.DEBUG = "no"', 'env = {DEBUG = "no"} # inline')
NONE = TEXT.replace('env.DEBUG = "no"\n', "")
ENV = ("app", "env")


@pytest.mark.parametrize("text", [TEXT, SECTION, INLINE], ids=["dotted", "section", "inline"])
def test_a_variable_comes_behind_those_that_are_there(text: str) -> None:
    after = with_env(text, ENV, {"LEVEL": "info"})
    assert tomllib.loads(after)["app"]["env"] == {"DEBUG": "no", "LEVEL": "info"}
    removed = [line for line in text.splitlines() if line not in after.splitlines()]
    assert removed == ([] if text != INLINE else ['env = {DEBUG = "no"} # inline'])
    assert after.index("LEVEL") < after.index("# PostgreSQL") < after.index("[database]")


def test_a_table_that_is_not_there_comes_at_the_end() -> None:
    assert with_env(NONE, ENV, {"A": "1"}) == NONE + '\n[app.env]\nA = "1"\n'
    assert with_env("version = 1", ENV, {"A": "1"}) == 'version = 1\n\n[app.env]\nA = "1"\n'


def test_an_environment_has_a_table_of_its_own() -> None:
    after = with_env(SECTION, ("environments", "staging", *ENV), {"A": "1"})
    assert after == SECTION + '\n[environments.staging.app.env]\nA = "1"\n'
    again = with_env(after, ("environments", "staging", *ENV), {"B": "2"})
    assert again == after + 'B = "2"\n'


def test_tables_that_are_parted_are_added_to_where_they_are() -> None:
    text = SECTION + '\n[app.secrets]\nkey = "ref+file://key"\n'
    after = with_env(with_env(NONE, ENV, {"A": "1"}), ENV, {"B": "2"})
    assert after == NONE + '\n[app.env]\nA = "1"\nB = "2"\n'
    assert tomllib.loads(with_env(text, ENV, {"B": "2"}))["app"]["env"]["B"] == "2"


def test_nothing_to_add_changes_nothing() -> None:
    assert with_env(TEXT, ENV, {}) == TEXT


def test_a_layout_that_cannot_be_added_to_is_told_with_the_lines_to_write() -> None:
    with pytest.raises(SpecError, match=r"\[app\.env\] cannot be added to") as raised:
        with_env('app = {name = "shop"}\n', ENV, {"LEVEL": "info"})
    assert 'LEVEL = "info"' in raised.value.hint
    with pytest.raises(SpecError):
        with_env('app.env = "no table"\n', ENV, {"LEVEL": "info"})


def test_line_ends_of_windows_stay() -> None:
    after = with_env(SECTION.replace("\n", "\r\n"), ENV, {"LEVEL": "info"})
    assert after.startswith(SECTION.partition("DEBUG")[0].replace("\n", "\r\n"))
    assert tomllib.loads(after)["app"]["env"]["LEVEL"] == "info"


@given(
    st.sampled_from([TEXT, SECTION, INLINE, NONE, ""]),
    st.dictionaries(
        st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True).filter(lambda one: one != "DEBUG"),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        max_size=4,
    ),
)
def test_what_is_added_is_all_that_is_different(text: str, values: dict[str, str]) -> None:
    after = tomllib.loads(with_env(text, ENV, values))
    before = tomllib.loads(text)
    env = before.get("app", {}).get("env", {})
    assert after.get("app", {}).get("env", {}) == {**env, **values}
    for one in (before, after):
        one.get("app", {}).pop("env", None)
    assert {k: v for k, v in after.items() if v} == {k: v for k, v in before.items() if v}
