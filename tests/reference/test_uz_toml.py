"""The page on uz.toml."""

from uz.reference.uz_toml import uz_toml
from uz.spec import Spec

NO_TABLES = ("version", "environment", "kind")
BESIDE = ("backups.keep", "environments.NAME")
"""A table inside another, and the one that only names have."""


def test_the_page_has_a_section_for_each_table_and_one_for_environments() -> None:
    page = uz_toml()
    tables = len(Spec.model_fields) - len(NO_TABLES) + len(BESIDE)
    assert page.count("\n## [") == tables
    assert "\n## [backups.keep]\n" in page
    assert "\n## [environments.NAME]\n" in page


def test_a_key_that_has_to_be_there_is_marked() -> None:
    assert "| `domain` | domain name | **required** |" in uz_toml()


def test_the_page_is_the_same_each_time() -> None:
    assert uz_toml() == uz_toml()
