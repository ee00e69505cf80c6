"""The page on uz.toml."""

from uz.reference.uz_toml import uz_toml
from uz.spec import Spec


def test_the_page_has_a_section_for_each_table_and_one_for_environments() -> None:
    page = uz_toml()
    assert (
        page.count("\n## [") == len(Spec.model_fields) - len(["version", "environment", "kind"]) + 1
    )
    assert "\n## [environments.NAME]\n" in page


def test_a_key_that_has_to_be_there_is_marked() -> None:
    assert "| `domain` | domain name | **required** |" in uz_toml()


def test_the_page_is_the_same_each_time() -> None:
    assert uz_toml() == uz_toml()
