import os
import subprocess
from pathlib import Path

import pytest
from tests.scanning.conftest import Repository

from uz.scanning.git import Git, own, repositories, surroundings


def names(project: Path) -> list[str]:
    """What the repositories of a project are called."""
    return [one.name for one in repositories(project, lambda _: ())]


def test_a_project_in_a_folder_of_a_repository_belongs_to_it(repository: Repository) -> None:
    inner = repository.folder / "services" / "shop"
    inner.mkdir(parents=True)
    assert own(inner) == repository.folder / ".git"
    assert [one.folder for one in repositories(inner, lambda _: ())] == [repository.folder / ".git"]


def test_a_folder_without_git_has_none(tmp_path: Path) -> None:
    assert own(tmp_path) is None
    (tmp_path / ".git").write_text("gitdir: /nowhere")
    assert names(tmp_path) == []


def test_submodules_and_other_repositories_inside_are_found_once(
    repository: Repository, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other")
    other.folder.mkdir()
    other.git("init", "--quiet")
    other.commit(a=b"1")
    repository.git("submodule", "--quiet", "add", str(other.folder), "vendor/lib")
    nested = Repository(repository.folder / "nested")
    nested.folder.mkdir()
    nested.git("init", "--quiet")
    assert names(repository.folder) == [".git", "nested/.git", "vendor/lib/.git"]


def test_a_submodule_that_is_not_checked_out_any_more_is_found(
    repository: Repository, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other")
    other.folder.mkdir()
    other.git("init", "--quiet")
    other.commit(a=b"1")
    repository.git("submodule", "--quiet", "add", str(other.folder), "lib")
    repository.git("submodule", "--quiet", "deinit", "--force", "lib")
    (repository.folder / "lib").rmdir()
    assert names(repository.folder) == [".git", ".git/modules/lib"]


def test_a_worktree_leads_to_the_common_repository(repository: Repository, tmp_path: Path) -> None:
    repository.commit(a=b"1")
    repository.git("worktree", "add", "--quiet", str(tmp_path / "tree"))
    (one,) = repositories(tmp_path / "tree", lambda _: ())
    assert one.folder == repository.folder / ".git"


def test_the_rights_are_those_for_the_folder(repository: Repository) -> None:
    (one,) = repositories(repository.folder, lambda folder: ("env", f"FOR={folder.name}"))
    assert one.rights == ("env", "FOR=.git")
    assert one.run("rev-parse", "--is-bare-repository").ok


def test_a_shallow_clone_is_a_gap(repository: Repository, tmp_path: Path) -> None:
    repository.commit(a=b"1")
    repository.commit(a=b"2")
    clone = tmp_path / "clone"
    source = f"file://{repository.folder}"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", source, clone], check=True, timeout=60)
    (gap,) = Git(clone / ".git", ".git").gaps()
    assert "shallow" in gap.why
    assert not gap.minor
    assert list(Git(repository.folder / ".git", ".git").gaps()) == []


def test_a_partial_clone_is_a_gap(repository: Repository) -> None:
    repository.git("config", "remote.origin.promisor", "true")
    (gap,) = Git(repository.folder / ".git", ".git").gaps()
    assert "partial" in gap.why


def test_what_the_caller_has_set_for_git_does_not_matter(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path))
    head = Git(repository.folder / ".git", ".git").run("symbolic-ref", "HEAD")
    assert head.stdout == "refs/heads/main\n"
    assert surroundings()["PATH"] == os.environ["PATH"]


def test_no_program_that_a_repository_names_is_run(repository: Repository) -> None:
    commit = repository.commit(a=b"1")
    mark = repository.folder / "ran"
    evil = f"touch {mark}; false"
    for key in ("core.fsmonitor", "core.pager", "gpg.program", "diff.external", "pager.log"):
        repository.git("config", key, evil)
    repository.git("config", "log.showSignature", "true")
    git = Git(repository.folder / ".git", ".git")
    assert git.run("log", "--raw", "--no-ext-diff", "--no-textconv").ok
    with git.streamed("cat-file", "--batch-all-objects", "--batch") as out:
        buffer = bytearray(10_000)
        size = out.readinto(memoryview(buffer)) or 0
    assert commit.encode() in buffer[:size]
    assert not mark.exists()
