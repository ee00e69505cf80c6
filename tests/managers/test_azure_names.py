"""Names in Azure Key Vault: the way there and back, and what has no way."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.errors import SecretError
from uz.managers.azure_names import MOST, name_of, path_of, split

PARTS = st.from_regex(r"[0-9A-Za-z]{1,6}(-[0-9A-Za-z]{1,4}){0,2}", fullmatch=True)
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


@given(PATHS)
def test_the_way_back_leads_to_the_path(path: str) -> None:
    assert path_of(name_of(path)) == path


@given(PATHS, PATHS)
def test_two_paths_have_two_names(one: str, other: str) -> None:
    assert (name_of(one) == name_of(other)) == (one == other)


@given(st.text(max_size=40))
def test_a_name_is_one_that_azure_allows_or_is_refused(path: str) -> None:
    with suppress(SecretError):
        name = name_of(path)
        assert re.fullmatch("[0-9A-Za-z-]+", name)
        assert len(name) <= MOST


@pytest.mark.parametrize(
    "path",
    ["a_b", "a.b", "shop/a--b", "shop/-a", "shop/a-", "shop//a", "shop/", "/shop", "", "grün"],
)
def test_what_cannot_be_kept_is_said_clearly(path: str) -> None:
    with pytest.raises(SecretError, match="cannot keep a secret of this name") as refused:
        name_of(path)
    assert "hyphens" in refused.value.hint


def test_a_name_of_the_users_own_stays_as_it_is() -> None:
    assert name_of("ConnectionStrings--Default-") == "ConnectionStrings--Default-"


def test_a_name_that_is_too_long_is_refused_with_its_length() -> None:
    assert name_of("a" * MOST)
    with pytest.raises(SecretError, match="128 characters are too many"):
        name_of("shop/" + "a" * 122)


@pytest.mark.parametrize("name", ["a---b", "-a", "a--", "a--b-"])
def test_a_name_that_uz_would_not_write_has_no_path(name: str) -> None:
    assert path_of(name) is None


def test_a_version_is_told_from_a_part_of_the_path() -> None:
    version = "0123456789abcdef" * 2
    assert split(f"shop/key/{version}") == ("shop/key", version)
    assert split(f"key/{version}") == ("key", version)
    assert split(version) == (version, "")
    assert split("shop/key") == ("shop/key", "")
