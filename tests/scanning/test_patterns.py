import os
import shutil
from itertools import takewhile
from pathlib import Path

import pytest
from tests.scanning.conftest import Repository
from tests.scanning.gitleaks import TOKEN

from uz.errors import ProgramError
from uz.scanning.finding import Gap
from uz.scanning.patterns import hidden, leaks_in_folder, leaks_in_history


def fake(folder: Path, script: str) -> Path:
    """A scanner that does what a script says."""
    path = folder / "betterleaks"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.live
def test_a_token_is_found_in_tracked_and_ignored_files_without_its_value(
    gitleaks: Path, repository: Repository
) -> None:
    repository.commit(a=b"\ntoken = " + TOKEN)
    (repository.folder / ".gitignore").write_text(".env\n")
    (repository.folder / ".env").write_bytes(b"TOKEN=" + TOKEN)
    found = leaks_in_folder(gitleaks, repository.folder)
    assert [(one.rule, str(one), one.fingerprint) for one in found] == [
        ("github-pat", ".env:1", ".env:github-pat:1"),
        ("github-pat", "a:2", "a:github-pat:2"),
    ]
    assert TOKEN.decode() not in repr(found)


@pytest.mark.live
def test_a_token_in_a_commit_is_found_after_it_was_removed(
    gitleaks: Path, repository: Repository
) -> None:
    commit = repository.commit(a=b"token = " + TOKEN)
    repository.commit(a=b"")
    assert leaks_in_folder(gitleaks, repository.folder) == ()
    (one,) = leaks_in_history(gitleaks, repository.folder)
    assert (one.file, one.line, one.commit) == ("a", 1, commit)
    assert one.fingerprint == f"{commit}:a:github-pat:1"
    assert str(one) == f"a:1 in {commit[:12]}"


@pytest.mark.live
def test_neither_a_comment_nor_the_projects_settings_nor_the_callers_hide_anything(
    gitleaks: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository.folder / ".gitleaks.toml").write_text('[allowlist]\npaths = [".*"]\n')
    monkeypatch.setenv("GITLEAKS_CONFIG", str(repository.folder / ".gitleaks.toml"))
    repository.commit(a=b"token = " + TOKEN + b" # gitleaks:allow")
    assert len(leaks_in_folder(gitleaks, repository.folder)) == 1
    assert len(leaks_in_history(gitleaks, repository.folder)) == 1


@pytest.mark.live
def test_a_history_that_git_does_not_show_is_not_clean(gitleaks: Path, tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="gave no report"):
        leaks_in_history(gitleaks, tmp_path)


@pytest.mark.live
def test_an_empty_folder_and_an_empty_history_are_clean(
    gitleaks: Path, repository: Repository
) -> None:
    assert leaks_in_folder(gitleaks, repository.folder) == ()
    repository.commit()
    assert leaks_in_history(gitleaks, repository.folder) == ()


@pytest.mark.live
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_repository_of_another_user_is_read_with_that_users_rights(
    gitleaks: Path, repository: Repository
) -> None:
    repository.commit(a=b"token = " + TOKEN)
    for path in [repository.folder, *repository.folder.rglob("*")]:
        os.chown(path, 65534, 65534)
    for parent in takewhile(lambda one: one != Path("/tmp"), repository.folder.parents):
        parent.chmod(0o755)
    program = Path(shutil.copy(gitleaks, repository.folder.parent / "gitleaks"))
    rights = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    assert len(leaks_in_history(program, repository.folder, rights)) == 1
    with pytest.raises(ProgramError, match="dubious ownership"):
        leaks_in_history(program, repository.folder)


@pytest.mark.parametrize(
    "script",
    [
        "exit 1",
        "exit 2",
        "kill -9 $$",
        "exit 0",
        "exit 42",
        "echo '[]'; exit 42",
        "echo '[{}]'; exit 0",
        "echo '[{}]'; exit 42",
        "echo '[1]'; exit 42",
        "echo '{}'",
        "echo 'no json'",
        "echo '[]'; echo 'fatal: not a git repository' >&2",
    ],
)
def test_a_scanner_that_fails_or_says_nothing_is_never_clean(tmp_path: Path, script: str) -> None:
    with pytest.raises(ProgramError, match="betterleaks dir in .* gave no report") as raised:
        leaks_in_folder(fake(tmp_path, script), tmp_path)
    assert raised.value.hint


def test_another_scanner_with_the_same_words_will_do(tmp_path: Path) -> None:
    report = (
        '[{"RuleID": "r", "Description": "d", "File": "f", "StartLine": 3, "Commit": "",'
        ' "Fingerprint": "f:r:3"}]'
    )
    (tmp_path / "project").mkdir()
    program = fake(tmp_path, f'[ "$1 $#" = "dir 10" ] && echo \'{report}\' && exit 42')
    (one,) = leaks_in_folder(program, tmp_path / "project")
    assert str(one) == "f:3"


def test_files_that_keep_the_scanner_silent_are_gaps(tmp_path: Path) -> None:
    assert hidden(tmp_path) == ()
    (tmp_path / ".gitleaksignore").touch()
    (gap,) = hidden(tmp_path)
    assert isinstance(gap, Gap)
    assert not gap.minor
