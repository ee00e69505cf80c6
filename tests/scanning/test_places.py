from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scanning.conftest import VALUE, Repository

from uz.scanning import places
from uz.scanning.finding import Gap, Kind, Looked
from uz.scanning.places import Things, folder, git_objects, work_tree

Search = Callable[[Things], Looked]
CANARIES = {
    "tracked": "config.py",
    "untracked": "notes.txt",
    "ignored": ".env",
    "inside an ignored folder": "build/out/a.map",
    "in a hidden folder": ".idea/workspace.xml",
}


def spots(looked: Looked) -> set[str]:
    """Where something was found."""
    return {str(one.spot) for one in looked.findings}


@pytest.mark.parametrize("path", CANARIES.values(), ids=CANARIES)
def test_a_planted_value_is_found_in_every_kind_of_file_of_the_work_tree(
    search: Search, repository: Repository, path: str
) -> None:
    (repository.folder / ".gitignore").write_text(".env\nbuild/\n")
    repository.commit()
    target = repository.folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"\n" + VALUE)
    assert spots(search(work_tree(repository.folder))) == {f"{path}:2"}


def test_a_clean_project_has_no_findings_and_no_gaps(
    search: Search, repository: Repository
) -> None:
    repository.commit(a=b"1", b=b"2")
    tree, past = search(work_tree(repository.folder)), search(git_objects(repository.folder))
    assert (tree.findings, tree.gaps, tree.things) == ((), (), 2)
    assert (past.findings, past.gaps) == ((), ())
    assert past.things > 4


def test_what_lies_in_git_is_no_part_of_the_work_tree(
    search: Search, repository: Repository
) -> None:
    repository.git("config", "remote.origin.url", f"https://x:{VALUE.decode()}@example.org/")
    repository.commit(a=b"1")
    assert spots(search(work_tree(repository.folder))) == set()
    (found,) = search(git_objects(repository.folder)).findings
    assert found.spot.name == ".git/config"
    assert found.spot.kind is Kind.FILE


def test_what_git_notes_of_its_history_is_history(search: Search, repository: Repository) -> None:
    repository.commit(f"with {VALUE.decode()}")
    looked = search(git_objects(repository.folder))
    assert {one.spot.kind for one in looked.findings} == {Kind.HISTORY}
    files = {one.spot.name for one in looked.findings if not one.spot.object}
    assert files == {".git/COMMIT_EDITMSG", ".git/logs/HEAD", ".git/logs/refs/heads/main"}


def test_submodules_are_looked_at_as_their_own_repositories(
    search: Search, repository: Repository, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other")
    other.folder.mkdir()
    other.git("init", "--quiet")
    other.commit(a=VALUE)
    other.commit(a=b"removed")
    repository.git("submodule", "--quiet", "add", str(other.folder), "lib")
    (found,) = search(git_objects(repository.folder)).findings
    assert found.spot.name.startswith("lib/.git: blob ")
    assert ", a in " in found.spot.name


def test_a_project_without_git_says_so_and_it_matters_little(
    search: Search, tmp_path: Path
) -> None:
    assert search(git_objects(tmp_path)).gaps == (
        Gap("history", "the project is in no git repository", minor=True),
    )


def test_the_whole_history_counts_where_the_project_is_a_part_of_a_repository(
    search: Search, repository: Repository
) -> None:
    repository.commit(a=VALUE)
    (repository.folder / "shop").mkdir()
    (found,) = search(git_objects(repository.folder / "shop")).findings
    assert ", a in " in found.spot.name


def test_a_folder_is_shown_by_its_path(search: Search, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/app.log").write_bytes(VALUE)
    assert spots(search(folder(tmp_path))) == {f"{tmp_path}/logs/app.log:1"}
    assert spots(search(folder(tmp_path, "environment"))) == {"environment/logs/app.log:1"}


def test_a_folder_with_nothing_in_it_is_a_gap(search: Search, tmp_path: Path) -> None:
    (gap,) = search(folder(tmp_path / "nowhere")).gaps
    assert gap == Gap(str(tmp_path / "nowhere"), "nothing is there to look at")


def test_processes_are_looked_at(search: Search) -> None:
    assert search(places.processes()).things > 2
