import pytest
from tests.scanning.conftest import Repository

from uz.scanning import history
from uz.scanning.git import Git
from uz.scanning.history import files_of


@pytest.fixture
def git(repository: Repository) -> Git:
    """The repository as Uz sees it."""
    return Git(repository.folder / ".git", ".git")


def blob(repository: Repository, path: str) -> str:
    """The id of a file as it is committed last."""
    return repository.git("rev-parse", f"HEAD:{path}")


def test_the_first_commit_that_has_an_object_is_told(repository: Repository, git: Git) -> None:
    first = repository.commit(a=b"value")
    repository.commit(a=b"other")
    repository.commit(a=b"value")
    repository.commit(b=b"value")
    assert files_of(git, [blob(repository, "b")]) == {blob(repository, "b"): ("a", first)}


def test_many_objects_are_asked_for_at_once(repository: Repository, git: Git) -> None:
    one = repository.commit(a=b"1")
    two = repository.commit(b=b"2")
    found = files_of(git, [blob(repository, "a"), blob(repository, "b")])
    assert found == {blob(repository, "a"): ("a", one), blob(repository, "b"): ("b", two)}


def test_what_came_with_a_merge_and_what_lies_in_the_stash_is_told(
    repository: Repository, git: Git
) -> None:
    repository.commit(a=b"1")
    repository.git("checkout", "--quiet", "-b", "side")
    side = repository.commit(b=b"side")
    repository.git("checkout", "--quiet", "main")
    repository.commit(a=b"2")
    repository.git("merge", "--quiet", "--no-commit", "side")
    (repository.folder / "c").write_bytes(b"only in the merge")
    repository.git("add", ".")
    repository.git("commit", "--quiet", "-m", "merge")
    merge = repository.git("rev-parse", "HEAD")
    (repository.folder / "a").write_bytes(b"stashed")
    repository.git("stash", "--quiet")
    stashed = repository.git("rev-parse", "stash@{0}:a")
    found = files_of(git, [blob(repository, "b"), blob(repository, "c"), stashed])
    assert found[blob(repository, "b")] == ("b", side)
    assert found[blob(repository, "c")] == ("c", merge)
    assert found[stashed][0] == "a"


def test_an_object_that_no_commit_has_is_left_out(repository: Repository, git: Git) -> None:
    repository.commit(a=b"1")
    loose = repository.git("hash-object", "-w", "--stdin", given=b"loose")
    assert files_of(git, [loose]) == {}
    assert files_of(git, []) == {}


def test_no_server_is_asked_for_what_a_partial_clone_left_there(
    repository: Repository, git: Git
) -> None:
    repository.commit(a=b"1")
    repository.git("config", "remote.origin.promisor", "true")
    assert files_of(git, [blob(repository, "a")]) == {}


def test_an_answer_that_takes_too_long_is_done_without(
    repository: Repository, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a=b"1")
    monkeypatch.setattr(history, "PATIENCE", 0.0)
    assert files_of(git, [blob(repository, "a")]) == {}
