from pathlib import Path

from tests.cli.conftest import Uz
from tests.places import Projects


def test_files_are_written_into_the_project_and_then_up_to_date(uz: Uz, projects: Projects) -> None:
    folder = projects.project() / "rendered" / "production"
    said = uz("render")
    assert said.code == 0
    assert "  launch\n" in said.out
    assert said.out.endswith("files written\n")
    assert (folder / "launch").is_file()
    assert uz("render").out == f"{folder}: up to date\n"
    assert uz("render", "--check").code == 0


def test_a_check_shows_what_differs_and_writes_nothing(uz: Uz, projects: Projects) -> None:
    folder = projects.project() / "rendered" / "production"
    assert uz("render", "--check").code == 1
    assert not folder.exists()
    uz("render")
    projects.project(edge={"rate": 7})
    before = (folder / "edge" / "nginx.conf").read_text()
    said = uz("render", "--check")
    assert said.code == 1
    assert "rate=7r/s" in said.out
    assert "stale" in said.out.splitlines()[-1]
    assert (folder / "edge" / "nginx.conf").read_text() == before


def test_another_folder_may_be_chosen(uz: Uz, projects: Projects, tmp_path: Path) -> None:
    projects.project()
    said = uz("render", "--to", str(tmp_path / "here"), "--quiet")
    assert len(said.out.splitlines()) == 1
    assert (tmp_path / "here" / "launch").is_file()
