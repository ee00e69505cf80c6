import pytest
from tests.cli.conftest import Uz
from tests.places import Projects


def test_what_is_not_up_is_down(uz: Uz, projects: Projects) -> None:
    projects.project()
    said = uz("down")
    assert (said.code, said.out) == (
        0,
        "production is down: nothing was running, data, releases and secrets stay\n",
    )


def test_data_is_removed_only_after_a_yes(uz: Uz, projects: Projects) -> None:
    place = projects.applied("trial")
    said = uz("--env", "trial", "down", "--delete-data")
    assert (said.code, said.out) == (2, "nothing was changed\n")
    assert f"Remove {place.layout.root} with all its data?" in said.err
    assert place.layout.root.is_dir()
    said = uz("--env", "trial", "down", "--delete-data", "--yes")
    assert said.code == 0
    assert "its data is removed" in said.out
    assert not place.layout.root.exists()


@pytest.mark.parametrize("words", [(), ("--yes",)])
def test_the_data_of_production_is_not_even_asked_about(
    uz: Uz, projects: Projects, words: tuple[str, ...]
) -> None:
    place = projects.applied()
    said = uz("down", "--delete-data", *words)
    assert said.code == 2
    assert "marked production" in said.err
    assert place.layout.state.exists()
