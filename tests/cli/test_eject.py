from tests.cli.conftest import Uz
from tests.places import Projects


def test_it_says_how_the_app_runs_without_uz_and_where_the_files_are(
    uz: Uz, projects: Projects
) -> None:
    place = projects.place()
    said = uz("eject")
    assert said.code == 0
    assert "supervisord" in said.out
    assert said.out.endswith(f"\n`uz up` writes the files to {place.layout.config}.\n")
    place.layout.config.mkdir(parents=True)
    assert uz("eject").out.endswith(f"\nThe files are in {place.layout.config}.\n")
